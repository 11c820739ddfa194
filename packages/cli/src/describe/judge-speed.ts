// Whether a measured speed-up is what a cut promises, and whether it is one at all.
import type { z } from 'zod';
import type { estimateField } from '../documents/fields.ts';

/** A measured speed-up beside the one the MACs promise: `unclear` when the measurement was too disturbed to tell. */
export type SpeedVerdict = 'as promised' | 'far below' | 'unclear';

/** Which of two models is faster, as far as a measurement can tell. */
export type Pace = 'not slower' | 'slower' | 'undecided';

/** Judges whether the slower end of a speed-up's interval is still none below 1, or its faster end already is. */
export function judgePace({ interval: [low, high] }: z.infer<typeof estimateField>): Pace {
  if (low >= 1) return 'not slower';
  return high < 1 ? 'slower' : 'undecided';
}

/** An interval whose ends lie further apart than this factor tells nothing. */
const WIDEST_INTERVAL = 2;

/**
 * Judges a speed-up: far below is less than half of the gain that keeping the fraction `macs` promises, measured well enough to
 * exclude the whole of it.
 */
export function judgeSpeed(
  macs: number,
  { value, interval: [low, high] }: z.infer<typeof estimateField>,
): SpeedVerdict {
  // Written so that NaN is unclear too.
  if (!(high <= WIDEST_INTERVAL * low)) return 'unclear';
  const promised = 1 / macs;
  return value - 1 < (promised - 1) / 2 && high < promised ? 'far below' : 'as promised';
}
