// One number for a model: how much it gains over the original, with every respect weighed against the others.
import type { Interval } from '../metrics/statistics.ts';
import { DECISION_MEASURES, type DecisionMeasure } from './decision-names.ts';

/** How much each respect counts, relative to the others: 0 for what does not count, not all of them 0. */
export type DecisionWeights = Readonly<Record<DecisionMeasure, number>>;

/** A number and the 95 % interval that holds it; null where that is not known. */
export interface Measured {
  readonly value: number;
  readonly interval: Interval | null;
}

/** One of the models that are decided between. */
export interface Candidate {
  readonly name: string;
  /** How much worse than the original, in the metric's unit, and the most it surely is; absent where nothing was judged. */
  readonly drop?: Measured & { readonly worst: number };
  /** How many times as fast as the original, device by device; the same devices for all candidates. */
  readonly speedups: readonly Measured[];
  /** Of the model file. */
  readonly bytes: number;
  /** Weights and activations, see `memoryNeed`. */
  readonly memoryBytes: number;
}

/** What one candidate gains over the original in every respect: factors, 2 is twice as good; 1 in what was not measured. */
export type Gains = Readonly<Record<DecisionMeasure, number>>;

/**
 * Gains over the original. Latency: the geometric mean of the speed-ups, so that every device counts the same. Size and memory: how many times smaller.
 * Accuracy: 2^(−drop / maxDrop), so that the whole drop that is allowed costs as much as half the speed gains; with a `maxDrop` of 0 any drop is infinitely dear.
 */
export function gainsOf(candidate: Candidate, original: Candidate, maxDrop: number): Gains {
  const { drop, bytes, memoryBytes } = candidate;
  return {
    accuracy: drop === undefined ? 1 : priceOf(drop.value, maxDrop),
    latency: meanSpeedup(candidate),
    size: original.bytes / bytes,
    memory: original.memoryBytes / memoryBytes,
  };
}

/** Weighted geometric mean of the gains: Π gain^(weight / Σ weights). The original scores 1, 2 is twice as good all in all. */
export function scoreOf(gains: Gains, weights: DecisionWeights): number {
  const counted = DECISION_MEASURES.filter((measure) => weights[measure] > 0);
  const total = counted.reduce((sum, measure) => sum + weights[measure], 0);
  return counted.reduce((score, measure) => score * gains[measure] ** (weights[measure] / total), 1);
}

/** Geometric mean of the speed-ups over the devices; 1 without any. */
export function meanSpeedup({ speedups }: Pick<Candidate, 'speedups'>): number {
  return speedups.reduce((product, { value }) => product * value ** (1 / speedups.length), 1);
}

function priceOf(drop: number, maxDrop: number): number {
  if (drop === 0) return 1;
  // Nothing is allowed to be lost: a gain is worth no more than none.
  if (maxDrop === 0) return drop > 0 ? 0 : 1;
  return 2 ** (-drop / maxDrop);
}
