// What a proof rests on, in a few numbers: small enough to be kept with every cut.
import type { Verification } from './verify-cut.ts';

/** The extent of a proof, and how near to its limit it came. */
export interface ProofEvidence {
  /** Largest max|Δ| / max|value| of a channel, and what is allowed; null where a value has another shape or is missing. */
  readonly deviation: number | null;
  readonly tolerance: number;
  readonly runs: number;
  /** Graph outputs and layers that were compared. */
  readonly outputs: number;
  readonly layers: number;
  /** Channels (behind flattening: features) that were compared, and those of them that were silent in the original too and prove nothing. */
  readonly rows: number;
  readonly unprovenRows: number;
}

/** Sums a verification up. */
export function sumUpProof({ deviation, tolerance, runs, checks }: Verification): ProofEvidence {
  const total = (count: (check: Verification['checks'][number]) => number): number =>
    checks.reduce((sum, check) => sum + count(check), 0);
  return {
    // JSON has no infinity.
    deviation: Number.isFinite(deviation) ? deviation : null,
    ...{ tolerance, runs },
    outputs: total(({ kind }) => Number(kind === 'output')),
    layers: total(({ kind }) => Number(kind === 'layer')),
    rows: total(({ rows }) => rows),
    unprovenRows: total(({ unprovenRows }) => unprovenRows),
  };
}
