// The staircase of a device, read off the times of one layer at consecutive widths.
import type { LatencyTable, Stairs } from './latency-table.ts';

/** Time of a layer at one width. */
export interface WidthTime {
  readonly width: number;
  readonly ms: number;
}

/** Steps and units that runtimes and their instruction sets are known for: none, and vectors of 2 to 64 elements. */
const PERIODS = [1, 2, 4, 8, 16, 32, 64] as const;
/** Steps explain times only if they halve the error of a straight line; else there are none. */
const CONVINCING = 0.5;
/** Penalties below this are noise. */
const LEAST_PENALTY = 1.05;

/** A device without steps. */
export const FLAT: Stairs = { step: 1, unit: 1, penalty: 1 };

/**
 * The stairs that explain the times best, of a line over rounded-up widths with a penalty off the unit; {@link FLAT} where steps explain little more than
 * a line. Needs consecutive widths; steps are found of which
 * they span two.
 */
export function fitStairs(times: readonly WidthTime[]): Stairs {
  let best = { stairs: FLAT, error: errorOf(FLAT, times) * CONVINCING };
  const widths = times.map(({ width }) => width);
  const span = Math.max(...widths) - Math.min(...widths);
  // A step of which fewer than two are seen explains anything: a line through two points.
  for (const step of PERIODS.filter((each) => 2 * each <= span)) {
    for (const unit of PERIODS.filter((each) => each <= step)) {
      const stairs = { step, unit, penalty: penaltyOf(step, unit, times) };
      const error = errorOf(stairs, times);
      // A finer unit or a smaller step must earn its place: ties go to the simpler one, which comes first.
      if (error < best.error * 0.98) best = { stairs, error };
    }
  }
  return best.stairs;
}

/** The width whose time a width takes, and the factor for being off the unit; within the first step the halves of it are edges too. */
export function climb(
  { step, unit, penalty }: Stairs,
  width: number,
): { readonly width: number; readonly factor: number } {
  const edge = halvesOf(step).findLast((half) => width <= half) ?? Math.ceil(width / step) * step;
  return { width: edge, factor: width % unit === 0 ? 1 : penalty };
}

/** Edges within the first step, where runtimes have other ways to compute: its halves down to 4 channels, the shortest vector, widest first. */
export function halvesOf(step: number): readonly number[] {
  return [step / 2, step / 4, step / 8, step / 16].filter((half) => half >= 4);
}

/** Of the stairs of both sides the one with the larger steps: a width should be good for the layer that writes it and for those that read it. */
export function coarserStairs({ inputs, outputs }: LatencyTable['stairs']): Stairs {
  return inputs.step > outputs.step ? inputs : outputs;
}

/** How much slower widths off the unit are than the line through those on it. */
function penaltyOf(step: number, unit: number, times: readonly WidthTime[]): number {
  const on = times.filter(({ width }) => width % unit === 0);
  const off = times.filter(({ width }) => width % unit !== 0);
  if (off.length === 0 || on.length < 2) return 1;
  const line = fitLine(on.map(({ width, ms }) => ({ width: Math.ceil(width / step) * step, ms })));
  const ratios = off.map(({ width, ms }) => ms / line(Math.ceil(width / step) * step)).sort((a, b) => a - b);
  const penalty = ratios[ratios.length >> 1]!;
  return penalty < LEAST_PENALTY ? 1 : penalty;
}

/** Mean squared relative error of the best line over climbed widths. */
function errorOf(stairs: Stairs, times: readonly WidthTime[]): number {
  const points = times.map(({ width, ms }) => {
    const climbed = climb(stairs, width);
    return { width: climbed.width, ms: ms / climbed.factor };
  });
  const line = fitLine(points);
  return points.reduce((sum, { width, ms }) => sum + (line(width) / ms - 1) ** 2, 0) / points.length;
}

/** Least squares through points; through their mean where all widths are equal. */
function fitLine(points: readonly WidthTime[]): (width: number) => number {
  const n = points.length;
  const meanWidth = points.reduce((sum, { width }) => sum + width, 0) / n;
  const meanMs = points.reduce((sum, { ms }) => sum + ms, 0) / n;
  const spread = points.reduce((sum, { width }) => sum + (width - meanWidth) ** 2, 0);
  const together = points.reduce((sum, { width, ms }) => sum + (width - meanWidth) * (ms - meanMs), 0);
  const slope = spread === 0 ? 0 : together / spread;
  return (width) => meanMs + slope * (width - meanWidth);
}
