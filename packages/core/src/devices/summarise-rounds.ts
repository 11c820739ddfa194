// From raw times to what a report says of them: medians, percentiles, speed-ups, and how sure each is. Every device's times are
// summarised here, so that two reports mean the same by the same words.
import { groupBy } from '../group-by.ts';
import { bootstrapInterval, type Interval, mean, median, percentile } from '../metrics/statistics.ts';
import type { Random } from '../random.ts';
import type { ModelTimes } from './time-rounds.ts';

/** A number and its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly interval: Interval;
}

/** What was measured of one model; times in milliseconds. */
export interface ModelLatency {
  readonly name: string;
  /** Making the session: encoding where a model was given, parsing, optimising, packing weights; absent where the device cannot tell. */
  readonly loadMs?: number;
  /** The first run, which also allocates memory; absent where the device cannot tell. */
  readonly firstRunMs?: number;
  /** Measured times. */
  readonly iterations: number;
  readonly meanMs: number;
  /** Median over the rounds of each round's median. */
  readonly medianMs: Estimate;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Median of the first model over median of this one: 2 is twice as fast. Rounds are resampled whole, so drift cancels. */
  readonly speedup: Estimate;
}

/** Medians of one round: of a model's slice, and of the reference's. */
interface Round {
  readonly ms: number;
  readonly againstMs: number;
}

/** Summarises models that were timed in the same rounds; the first is the reference of the speed-ups. `random` draws the bootstrap samples. */
export function summariseRounds(times: readonly ModelTimes[], random: Random): readonly ModelLatency[] {
  return times.map((model) => summarise(model, times[0]!, random));
}

/**
 * Times of several sessions of one model, which go by one name, as those of one: round by round together. Sessions of the same model differ by a few
 * percent, by where their memory came to lie, which no number of rounds of one session shows. Loading and first run are those of the first.
 */
export function poolSessions(times: readonly ModelTimes[]): readonly ModelTimes[] {
  return [...groupBy(times, ({ name }) => name).values()].map(([first, ...others]) => ({
    ...first!,
    rounds: first!.rounds.map((slice, round) => [
      ...slice,
      ...others.flatMap((other) => other.rounds[round]!),
    ]),
  }));
}

/** Times of the same models that were measured again, as further rounds of the first measurement. */
export function appendRounds(
  times: readonly ModelTimes[],
  again: readonly ModelTimes[],
): readonly ModelTimes[] {
  return times.map((model, at) => ({ ...model, rounds: [...model.rounds, ...again[at]!.rounds] }));
}

/** Half of the interval of an estimate, as a share of its value. */
export function uncertaintyOf({ value, interval: [low, high] }: Estimate): number {
  return (high - low) / 2 / value;
}

/** A sentence for every model whose median is known to no better than ±5 %. */
export function findUnsteady(models: readonly ModelLatency[]): readonly string[] {
  return models.flatMap(({ name, medianMs }) => {
    const percent = 100 * uncertaintyOf(medianMs);
    if (percent <= 5) return [];
    return [
      `The times of '${name}' scatter: its median is known to no better than ±${percent.toFixed(0)} %.`,
    ];
  });
}

function summarise(model: ModelTimes, reference: ModelTimes, random: Random): ModelLatency {
  const { name, loadMs, firstRunMs } = model;
  const times = model.rounds.flat();
  // Runs of one slice resemble each other, so a slice counts once: resampling single runs would feign certainty.
  const slices = model.rounds.map(median);
  const rounds = slices.map((ms, round): Round => ({ ms, againstMs: median(reference.rounds[round]!) }));
  const speedup = (draw: readonly Round[]): number =>
    median(draw.map((round) => round.againstMs)) / median(draw.map((round) => round.ms));
  return {
    name,
    ...(loadMs !== undefined && { loadMs }),
    ...(firstRunMs !== undefined && { firstRunMs }),
    iterations: times.length,
    meanMs: mean(times),
    medianMs: { value: median(slices), interval: bootstrapInterval(slices, median, random) },
    p90Ms: percentile(times, 90),
    p95Ms: percentile(times, 95),
    p99Ms: percentile(times, 99),
    speedup: { value: speedup(rounds), interval: bootstrapInterval(rounds, speedup, random) },
  };
}
