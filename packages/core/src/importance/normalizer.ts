// Makes the scores of different groups comparable, so that one ranking can run over the whole network.
import type { Coupling } from '../coupling/coupling.ts';

/**
 * What each group's scores are divided by: `none`, the group's `mean`, `sum` (default), `max` or `l2` norm; or `gaussian`:
 * minus the mean, over the standard deviation; or `min-max`: mapped to [0, 1].
 */
export type Normalizer = (typeof normalizers)[number];

/** Names of all normalizers. */
export const normalizers = ['none', 'mean', 'sum', 'max', 'l2', 'gaussian', 'min-max'] as const;

/**
 * Applies a normalizer group by group. Infinite scores (never cut) stay and do not count; where the divisor is 0 all scores of the
 * group are equal and become 0.
 */
export function normalizeScores(
  coupling: Pick<Coupling, 'groups'>,
  scores: Float64Array,
  normalizer: Normalizer,
): Float64Array {
  const out = scores.slice();
  if (normalizer === 'none') return out;
  for (const { classes } of coupling.groups) {
    const judged = classes.filter((id) => Number.isFinite(scores[id]!));
    const { shift, scale } = fitNormalizer(
      Float64Array.from(judged, (id) => scores[id]!),
      normalizer,
    );
    for (const id of judged) out[id] = scale === 0 ? 0 : (scores[id]! - shift) / scale;
  }
  return out;
}

function fitNormalizer(
  values: Float64Array,
  normalizer: Exclude<Normalizer, 'none'>,
): { shift: number; scale: number } {
  const sum = values.reduce((total, x) => total + x, 0);
  const mean = sum / values.length;
  const max = values.reduce((top, x) => Math.max(top, x), -Infinity);
  switch (normalizer) {
    case 'mean':
      return { shift: 0, scale: mean };
    case 'sum':
      return { shift: 0, scale: sum };
    case 'max':
      return { shift: 0, scale: max };
    case 'l2':
      return { shift: 0, scale: Math.hypot(...values) };
    case 'gaussian':
      return {
        shift: mean,
        scale: Math.sqrt(values.reduce((v, x) => v + (x - mean) ** 2, 0) / values.length),
      };
    case 'min-max': {
      const min = values.reduce((low, x) => Math.min(low, x), Infinity);
      return { shift: min, scale: max - min };
    }
  }
}
