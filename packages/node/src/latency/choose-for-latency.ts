// The choice of widths for a latency: by the latency model, then the truth, and the model corrected by it until the target is met.
import {
  adjustLevels,
  appendRounds,
  chooseByKnapsack,
  chooseGreedily,
  createRandom,
  DEFAULT_MAX_RATIO,
  type DeviceDescription,
  type Engine,
  EspalierError,
  type Estimate,
  type KeepMask,
  keepAll,
  type LatencyMethod,
  type LatencyTable,
  type LevelChoice,
  type LevelProblem,
  type Limiter,
  type Model,
  type ModelLatency,
  type PlanLimits,
  summariseRounds,
  uncertaintyOf,
  type WidthWorth,
  worthByScores,
} from '@espalier/core';
import {
  type Device,
  type DeviceModel,
  type DeviceTimes,
  timeSessions,
  toDeviceModel,
} from '../devices/device.ts';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { PipelineEvent } from '../pipeline/events.ts';
import { cutAndProve } from '../pipeline/prune-analysis.ts';
import { type DesignTime, type LearnedLatency, learnLatency } from './learn-latency.ts';

/** The latency that is wanted: a fraction of the original's, in (0, 1), or milliseconds. */
export type LatencyTarget = { readonly fraction: number } | { readonly ms: number };

/** What a latency is met on, and how. */
export interface LatencyAim {
  readonly device: Device;
  /** knapsack (HALP, 2021) or greedy (NetAdapt, 2018), default knapsack. */
  readonly method?: LatencyMethod;
  /** What is known of the device. */
  readonly table?: LatencyTable;
  /** Gets what is known of the device whenever more was learned, so that it outlives a target that is not reached. */
  readonly onLearned?: (table: LatencyTable) => Promise<void>;
}

/** What widths are chosen from, and for what. */
export interface LatencyChoiceOptions extends LatencyAim, Pick<PlanLimits, 'maxRatio' | 'widths'> {
  readonly engine: Engine;
  readonly target: LatencyTarget;
  readonly scores: Float64Array;
  readonly limiter: Limiter;
  /** What the widths of a group are worth; default {@link worthByScores}. */
  readonly worth?: WidthWorth;
  /** The original that the target speaks of, and the fraction of its latency that the analysed model takes; default the analysed model itself. */
  readonly reference?: { readonly model: Model; readonly fraction: number };
  /** Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** One try: what was asked of the model of the device, what it promised, and what was measured; fractions of the original's latency. */
export interface LatencyTry {
  readonly asked: number;
  readonly predicted: number;
  readonly measured: Estimate;
  /** Share of the multiply-accumulates that the cut keeps. */
  readonly macs: number;
}

/** What came of it. */
export interface LatencyOutcome {
  readonly device: DeviceDescription;
  /** The target as a fraction of the original's latency. */
  readonly fraction: number;
  /** Whether the measured fraction is at or below the target. */
  readonly met: boolean;
  /** The fraction of the original's latency that the choice was measured at. */
  readonly measured: Estimate;
  readonly tries: readonly LatencyTry[];
  /** The original and the cut, side by side. */
  readonly models: readonly [original: ModelLatency, pruned: ModelLatency];
  readonly warnings: readonly string[];
  /** What was learned of the device. */
  readonly table: LatencyTable;
  /** Cuts that only judged the latency model. */
  readonly heldOut: readonly DesignTime[];
}

/** A choice with what is known of its latency. */
export interface LatencyChoice {
  readonly keep: KeepMask;
  readonly outcome: LatencyOutcome;
}

const MOST_TRIES = 5;
/** A cut faster than the target by more than this gives channels back. */
const SLACK = 0.03;
const JUDGED = { warmup: 1, minRounds: 12, minSeconds: 0.4 } as const;
/** Sessions of either model in one judgement. */
const SESSIONS = 3;
/** The uncertainty of a speed-up that is sure enough to choose by. */
const SURE = 0.01;
/** Times that models are measured before a judgement that is not sure stands. */
const MOST_MEASUREMENTS = 4;

/**
 * Chooses for a latency on a device. The choice that is returned is the slowest one that surely meets the target, or the fastest where none does: look
 * at `outcome.met`. Errors: `latency.unreachable` (target), those of `cutModel` and the device.
 */
export async function* chooseForLatency(
  analysis: Analysis,
  options: LatencyChoiceOptions,
): AsyncGenerator<PipelineEvent, LatencyChoice> {
  const {
    device,
    engine,
    target,
    method = 'knapsack',
    signal,
    seed = 0,
    onLearned = async () => {},
  } = options;
  const { scores, limiter, widths, maxRatio = DEFAULT_MAX_RATIO } = options;
  const { worth = worthByScores(analysis, scores, limiter) } = options;
  const { traced, coupling, cost, file } = analysis;
  const { model: reference, fraction: standing } = options.reference ?? { model: file.model, fraction: 1 };
  const learn = async function* (known: LatencyTable | undefined, narrow: boolean) {
    const found = yield* learnLatency(analysis, {
      ...{ device, engine, scores, limiter, maxRatio, narrow, seed },
      ...(widths && { widths }),
      ...(known && { table: known }),
      ...(signal && { signal }),
    });
    await onLearned(found.table);
    return found;
  };
  let learned = yield* learn(options.table, false);
  let values = valuesOf(learned, worth);
  let isNarrow = false;
  const choose = method === 'greedy' ? chooseGreedily : chooseByKnapsack;
  const wantedOf = (originalMs: number): number =>
    'ms' in target ? target.ms / originalMs : target.fraction;
  /** Predicted, as a fraction of the original's latency. */
  const foretell = ({ predict }: LearnedLatency, keep: KeepMask): number =>
    (standing * predict(keep)) / predict(keepAll(coupling));
  let fraction = wantedOf(learned.uncutMs / standing);
  let asked = fraction;
  const tries: TimedChoice[] = [];
  while (tries.length < MOST_TRIES) {
    yield { type: 'step', step: 'plan' };
    signal?.throwIfAborted();
    const { keepAt, predict } = learned;
    const whole = predict(keepAll(coupling)) / standing;
    const problem: LevelProblem = { values, latency: (levels) => predict(keepAt(levels)) };
    const last = tries.at(-1);
    const { levels, ms } = last
      ? adjustLevels(problem, last.levels, asked * whole)
      : choose(problem, asked * whole);
    const keep = keepAt(levels);
    if (ms > asked * whole) {
      if (last) break;
      if (isNarrow) throw unreachable(fraction, ms / whole);
      // Layers narrower than a step are the last resort: they keep little, and how fast they are is harder to tell.
      isNarrow = true;
      learned = yield* learn(learned.table, isNarrow);
      values = valuesOf(learned, worth);
      continue;
    }
    // There is no width in between: asking for more or less leads to a cut that was tried.
    if (tries.some((tried) => tried.keep.every((bit, id) => bit === keep[id]))) break;
    const predicted = foretell(learned, keep);
    const cut = yield* cutAndProve(analysis, keep, undefined, { engine, verify: false });
    yield { type: 'step', step: 'latency' };
    const both = [toDeviceModel('original', reference, traced), toDeviceModel('pruned', cut.model, traced)];
    const { models, warnings } = await timeSurely(device, both, seed, signal);
    const timing: Timing = { models: [models[0]!, models[1]!], warnings };
    const measured = invert(timing.models[1].speedup);
    fraction = wantedOf(timing.models[0].medianMs.value);
    tries.push({
      asked,
      predicted,
      measured,
      macs: cut.after.macs / cost.original.macs,
      levels,
      keep,
      timing,
    });
    if (measured.interval[1] <= fraction && measured.value >= fraction * (1 - SLACK)) break;
    // The times of these rounds are told in those of the earlier ones, so that the machine's drift does not count.
    learned = yield* learned.learnFrom({
      ...{ keep, model: cut.model },
      ms: (measured.value / standing) * learned.uncutMs,
    });
    // Half the interval is the margin by which a median proves nothing.
    const uncertain = Math.min((measured.interval[1] - measured.value) / 2, 0.02);
    asked = ((fraction - uncertain) * foretell(learned, keep)) / measured.value;
  }
  await onLearned(learned.table);
  const { keep, timing, measured } = pickTry(tries, fraction);
  return {
    keep,
    outcome: {
      ...{ device: device.description, fraction, measured, met: measured.value <= fraction },
      tries: tries.map(({ asked, predicted, measured, macs }) => ({ asked, predicted, measured, macs })),
      ...timing,
      ...{ table: learned.table, heldOut: learned.heldOut },
    },
  };
}

function valuesOf({ menus }: LearnedLatency, worth: WidthWorth): LevelProblem['values'] {
  return menus.map((menu) => menu.rates.map((rate) => worth(menu, rate)));
}

function unreachable(fraction: number, least: number): EspalierError {
  const percent = (part: number): string => `${(100 * part).toFixed(0)} %`;
  return new EspalierError({
    kind: 'target',
    code: 'latency.unreachable',
    message: `${percent(fraction)} of the original's latency is out of reach: within the limits the narrowest widths take about ${percent(least)}.`,
    hint: 'Ask for a higher latency, or allow narrower layers with --max-ratio.',
  });
}

/** How a choice fared beside the original. */
type Timing = Pick<LatencyOutcome, 'models' | 'warnings'>;

/** A try with what it was. */
interface TimedChoice extends LatencyTry, Pick<LevelChoice, 'levels'> {
  readonly keep: KeepMask;
  readonly timing: Timing;
}

/**
 * Times models for a judgement that counts, the first one as the reference: several sessions of each, told as one, and again while the speed-ups are not known
 * well, as on a machine that others work on. Errors: those of the device.
 */
export async function timeSurely(
  device: Device,
  models: readonly DeviceModel[],
  seed: number,
  signal?: AbortSignal,
): Promise<Pick<DeviceTimes, 'warnings'> & { readonly models: readonly ModelLatency[] }> {
  const timing = { ...JUDGED, seed, ...(signal && { signal }) };
  const most = device.startsAnew ? 1 : MOST_MEASUREMENTS;
  // Measured again, a busy machine would be told of again, with another load average.
  const { warnings, ...first } = await timeSessions(device, models, SESSIONS, timing);
  let { times } = first;
  for (let measurements = 1; ; measurements++) {
    const latencies = summariseRounds(times, createRandom(seed));
    if (measurements === most || latencies.every(({ speedup }) => uncertaintyOf(speedup) <= SURE)) {
      return { models: latencies, warnings };
    }
    const again = await timeSessions(device, models, SESSIONS, timing);
    times = appendRounds(times, again.times);
  }
}

/** Of the cuts that surely meet the target the slowest, which keeps most; else of those whose median does the surest; else the fastest. */
function pickTry(tries: readonly TimedChoice[], fraction: number): TimedChoice {
  const value = ({ measured }: TimedChoice): number => measured.value;
  const atMost = ({ measured }: TimedChoice): number => measured.interval[1];
  const least = (some: readonly TimedChoice[], of: (each: TimedChoice) => number): TimedChoice =>
    some.reduce((a, b) => (of(b) < of(a) ? b : a));
  const sure = tries.filter((each) => atMost(each) <= fraction);
  if (sure.length > 0) return least(sure, (each) => -value(each));
  const met = tries.filter((each) => value(each) <= fraction);
  return met.length > 0 ? least(met, atMost) : least(tries, value);
}

/** A speed-up as the fraction of the time that is left. */
function invert({ value, interval: [low, high] }: Estimate): Estimate {
  return { value: 1 / value, interval: [1 / high, 1 / low] };
}
