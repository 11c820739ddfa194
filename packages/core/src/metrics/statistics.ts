// Statistics of repeated measurements: order statistics, and how far to trust them.
import type { Random } from '../random.ts';

/** Lower and upper end of a confidence interval, in the unit of the statistic. */
export type Interval = readonly [low: number, high: number];

/** The arithmetic mean; NaN for no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The value below which `percent` (0 to 100) of the values lie, interpolated linearly between order statistics
 * (Sample Quantiles in Statistical Packages, 1996, definition 7). NaN for no values.
 */
export function percentile(values: readonly number[], percent: number): number {
  return quantileOfSorted(Float64Array.from(values).sort(), percent / 100);
}

/** The middle value, or the mean of the two middle ones; NaN for no values. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** How {@link bootstrapInterval} works. */
export interface BootstrapOptions {
  /** Coverage, 0 to 1, default 0.95. */
  readonly level?: number;
  /** How many times the sample is drawn again, default 1000. */
  readonly resamples?: number;
}

/**
 * Percentile confidence interval of any statistic (Bootstrap Methods: Another Look at the Jackknife, 1979): the sample is drawn
 * again with replacement and the statistic's spread over those draws is read off. Items are drawn whole, so a sample of pairs
 * keeps its pairing. Both ends are NaN for an empty sample.
 */
export function bootstrapInterval<Item>(
  sample: readonly Item[],
  statistic: (draw: readonly Item[]) => number,
  random: Random,
  options: BootstrapOptions = {},
): Interval {
  if (sample.length === 0) return [Number.NaN, Number.NaN];
  const { level = 0.95, resamples = 1000 } = options;
  const results = Float64Array.from({ length: resamples }, () =>
    statistic(sample.map(() => sample[random.integer(sample.length)]!)),
  ).sort();
  const tail = (1 - level) / 2;
  return [quantileOfSorted(results, tail), quantileOfSorted(results, 1 - tail)];
}

function quantileOfSorted(sorted: Float64Array, fraction: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below);
}

/**
 * Rank correlation (A New Measure of Rank Correlation, 1938) of two measurements of the same things, −1 to 1: pairs that both put in the same
 * order less those that they put in opposite orders, over all pairs that count (default: every one). A pair that either holds for equal is neither.
 * NaN where no pair counts.
 */
export function kendallTau(
  first: readonly number[],
  second: readonly number[],
  counts: (one: number, other: number) => boolean = () => true,
): number {
  let [agreement, pairs] = [0, 0];
  for (let one = 0; one < first.length; one++) {
    for (let other = 0; other < one; other++) {
      if (!counts(one, other)) continue;
      agreement += Math.sign(first[one]! - first[other]!) * Math.sign(second[one]! - second[other]!);
      pairs++;
    }
  }
  return agreement / pairs;
}

/**
 * The value below which Student's t with so many degrees of freedom lies with probability `p`, in [0.5, 1) (The Probable Error of a Mean, 1908).
 */
export function studentQuantile(p: number, degrees: number): number {
  // t = √ν·tan θ turns the integral of the density into one of cos^(ν−1) over an angle.
  const density = (angle: number): number => Math.cos(angle) ** (degrees - 1);
  const half = integrate(density, Math.PI / 2);
  let [low, high] = [0, Math.PI / 2];
  for (let round = 0; round < 50; round++) {
    const middle = (low + high) / 2;
    if (integrate(density, middle) / half < 2 * p - 1) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan((low + high) / 2);
}

/** From 0 to `end`, by Simpson's rule. */
function integrate(of: (x: number) => number, end: number): number {
  const steps = 200;
  const width = end / steps;
  let sum = of(0) + of(end);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * of(i * width);
  return (sum * width) / 3;
}
