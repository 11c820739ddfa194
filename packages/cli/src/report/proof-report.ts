// A proof in a few lines.
import type { ProofField } from '../documents/proof-field.ts';
import type { Paint } from '../output/paint.ts';
import { formatNumberOf } from '../output/units.ts';

const SHOWN = 5;

/** Lines: the verdict with what was compared, then what proves nothing. */
export function formatProof(proof: ProofField, paint: Paint): readonly string[] {
  const { verdict, deviation, tolerance, runs, outputs, layers, unproven } = proof;
  const colour = { proven: paint.green, 'not proven': paint.yellow, failed: paint.red }[verdict];
  const found = deviation === null ? 'no number' : deviation.toExponential(1);
  const compared = [
    `${formatNumberOf(outputs, 'output')} and ${formatNumberOf(layers, 'layer')}`,
    formatNumberOf(runs, 'run'),
  ].join(', ');
  const more = unproven.length > SHOWN ? [`  and ${unproven.length - SHOWN} more`] : [];
  return [
    `${colour(verdict)}: largest deviation ${found} (allowed ${tolerance}) over ${compared}`,
    ...(unproven.length === 0 ? [] : ['zero, constant or not finite, so they prove nothing:']),
    ...unproven.slice(0, SHOWN).map((line) => `  ${line}`),
    ...more,
  ];
}
