// A verification as documents show it, and the failure it may be.
import { EspalierError, sumUpProof, type Verification } from '@espalier/core';
import type { ProofField } from '../documents/proof-field.ts';

/** The documents' entry of a verification. */
export function describeProof(verification: Verification): ProofField {
  const { verdict, checks, firstFailure, unproven } = verification;
  return {
    verdict,
    ...sumUpProof(verification),
    ...(firstFailure && {
      firstFailure: {
        node: firstFailure.node,
        operator: firstFailure.opType,
        value: firstFailure.value,
        deviation: finite(firstFailure.deviation),
        channel: firstFailure.row,
        ...(firstFailure.problem !== undefined && { problem: firstFailure.problem }),
      },
    }),
    untested: checks.filter((check) => check.verdict === 'not proven').map((check) => check.value),
    unproven: [...unproven],
  };
}

/** The error of a proof that failed; undefined for any other. */
export function failureOf({ firstFailure, tolerance }: ProofField): EspalierError | undefined {
  if (!firstFailure) return undefined;
  const { node, operator, deviation, channel, problem } = firstFailure;
  const where = operator === '' ? `'${node}'` : `${operator} '${node}'`;
  return new EspalierError({
    kind: 'verification',
    code: 'verify.deviates',
    message: `The pruned model does not compute what the zeroed original does: ${where} ${
      problem ?? `deviates by ${deviation?.toExponential(1)} in channel ${channel}, allowed is ${tolerance}`
    }.`,
    hint: 'The plan does not fit the pruned file, the file was recovered after the cut (then the proof is the one of the cut itself), or the model uses an operator wrongly handled: please report it with `espalier inspect --json`.',
  });
}

// JSON has no infinity.
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
