// Sensitivity analysis: each group of channels cut at each rate, that group alone, and how the model fares (Iterative Filter Pruning for
// Concatenation-based CNNs, 2024). Exact: a really cut model, whole, on every sample. Fast: only what lies behind the cut is run, on values
// that were computed once, and a probe ends as soon as its error is small enough.
import {
  type BatchOutputs,
  countRemoved,
  cutGroups,
  DEFAULT_RATES,
  type Engine,
  findBend,
  type GroupSensitivity,
  groupName,
  type Limiter,
  type LoadOptions,
  listPrunableGroups,
  type Model,
  median,
  type PlanLimits,
  type PrunableGroup,
  prepareLimits,
  type Sensitivity,
  type SensitivityMode,
  type SensitivityPoint,
} from '@espalier/core';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { MetricChoice } from '../pipeline/choose-metrics.ts';
import { openProbeEngines } from './probe-engines.ts';
import type { ProbeBatch } from './probe-images.ts';
import { openProbeJudge, type ProbeJudge } from './probe-judge.ts';
import { probeInRounds } from './probe-rounds.ts';
import { countRuns, type ProbeState } from './run-probes.ts';
import type { SensitivityEvent } from './search-events.ts';
import { timeProbes } from './time-probes.ts';

/** How a model's sensitivity is measured. */
export interface SensitivityOptions {
  readonly engine: Engine;
  /** One score per class, higher = keep: see `scoreAnalysis`. */
  readonly scores: Float64Array;
  readonly limits?: PlanLimits;
  /** Shares to try, each above 0 and below 1, rising; default {@link DEFAULT_RATES}. Branches that limits let go are also tried without any channels. */
  readonly rates?: readonly number[];
  /** Batches of one size: see `readProbeImages`. */
  readonly images: readonly ProbeBatch[];
  readonly metrics: MetricChoice;
  /** Without labels: whose answers count as right, default the model's own. */
  readonly reference?: Model;
  /** Default fast. */
  readonly mode?: SensitivityMode;
  /**
   * Fast: a probe ends when the 95 % interval of its drop reaches no further to either side than this, in the metric's unit, or than a tenth of the drop;
   * default {@link DEFAULT_PRECISION}. At 0 it sees every sample.
   */
  readonly precision?: number;
  /** Fast: most bytes for the values between two parts of the model, default 1 GiB. */
  readonly memory?: number;
  /**
   * Where a curve bends, the middle between the two rates is probed too, so many times at most, default 0; a bend is a rise of the drop by more than
   * `least`, in the metric's unit, and by more than is uncertain.
   */
  readonly refine?: { readonly rounds: number; readonly least: number };
  /** Whether the time of the really cut models is measured too; default false. */
  readonly timed?: boolean;
  /** Curves that need no new probes, by {@link groupName}; their drops are taken over. */
  readonly known?: ReadonlyMap<string, GroupSensitivity>;
  /**
   * Threads that probe side by side, each with a session of its own, default 1; one where times are measured, which others would disturb. The engine must be
   * one of `createOrtEngine` for more.
   */
  readonly workers?: number;
  readonly load?: LoadOptions;
  readonly signal?: AbortSignal;
}

/** A finished analysis, and the work it took. */
export interface MeasuredSensitivity extends Sensitivity {
  readonly probes: number;
  /** Multiply-accumulates that were run for the baseline and the probes. */
  readonly work: number;
}

/** How well a fast probe knows the drop it measures, to either side at 95 %. */
export const DEFAULT_PRECISION = 0.02;

const MEMORY_BYTES = 2 ** 30;

/** Measures the sensitivity of an analysed model. Errors: those of the engine, the metrics and `cutModel`. */
export async function* measureSensitivity(
  analysis: Analysis,
  options: SensitivityOptions,
): AsyncGenerator<SensitivityEvent, MeasuredSensitivity> {
  const {
    engine,
    images,
    metrics,
    reference,
    scores,
    limits = {},
    known = new Map(),
    load,
    signal,
  } = options;
  const {
    mode = 'fast',
    precision = DEFAULT_PRECISION,
    memory = MEMORY_BYTES,
    rates = DEFAULT_RATES,
    refine = { rounds: 0, least: 0 },
    timed = false,
    workers = 1,
  } = options;
  const { traced, coupling, cost, file } = analysis;
  const limiter = prepareLimits(traced, coupling, scores, limits);
  const groups = listPrunableGroups(traced, coupling, limiter);
  const targets = groups.filter((group) => !known.has(groupName(group)));
  const baseline = await answerAll(options, file.model);
  const judge = openProbeJudge({
    ...{ images, metrics, baseline, precision: mode === 'exact' ? 0 : precision },
    reference: reference && !metrics.createMetric ? await answerAll(options, reference) : baseline,
  });
  const pointsOf = (states: readonly ProbeState[]) => describePoints(analysis, states, judge, images);
  let work = cost.original.macs * countRuns(traced, images);
  let probes = 0;
  const fresh = new Map<number, GroupSensitivity>();
  const probing = openProbeEngines(engine, timed ? 1 : workers, load);
  const news = probeInRounds({
    ...{ analysis, engines: probing.engines, images, scores, limiter, targets },
    ratesOf: ({ group }) => (limiter.branches.has(group) ? [...rates, 1] : rates),
    ...{ rounds: refine.rounds, bendOf: (states) => findBend(pointsOf(states), refine.least) },
    ...{ open: judge.open, memory: mode === 'exact' ? undefined : memory },
    ...(probing.load && { load: probing.load }),
    ...(signal && { signal }),
  });
  try {
    for await (const event of news) {
      if (event.type === 'work') {
        work += event.macs;
        probes = event.total;
        yield { type: 'sensitivity.progress', done: event.done, total: event.total };
        continue;
      }
      const { target, states } = event.curve;
      const { root, part, channels } = target;
      const curve = { root, part, channels, points: pointsOf(states), age: 0 };
      const group = timed ? await timeCurve(curve, states, options, analysis) : curve;
      fresh.set(target.group, group);
      yield { type: 'sensitivity.group', group };
    }
  } finally {
    await probing.close();
  }
  const milliseconds = timed ? await timeUncut([...fresh.values()], options, analysis) : undefined;
  const present = { analysis, judge, limiter, scores, milliseconds };
  return {
    ...{ metric: judge.metric, higherIsBetter: judge.higherIsBetter, samples: countSamples(images) },
    ...{ probes, work },
    baseline: {
      ...{ value: judge.value, macs: cost.original.macs, params: cost.original.params },
      ...(milliseconds !== undefined && { milliseconds }),
    },
    groups: groups.flatMap((group) => {
      const old = known.get(groupName(group));
      return old ? carryGroup(present, group, old) : (fresh.get(group.group) ?? []);
    }),
  };
}

function describePoints(
  { cost }: Analysis,
  states: readonly ProbeState[],
  { value, higherIsBetter }: ProbeJudge,
  images: readonly ProbeBatch[],
): readonly SensitivityPoint[] {
  return states.map(({ probe, trial }) => {
    const { drop, batches } = trial.verdict();
    const { macs, params } = cost.totals(probe.keep);
    return {
      ...{ rate: probe.rate, removed: probe.removed, macs, params },
      value: value - (higherIsBetter ? drop.value : -drop.value),
      ...{ drop: drop.value, interval: drop.interval },
      samples: countSamples(images.slice(0, batches)),
    };
  });
}

async function timeCurve(
  curve: GroupSensitivity,
  states: readonly ProbeState[],
  options: SensitivityOptions,
  analysis: Analysis,
): Promise<GroupSensitivity> {
  const { uncut, cut } = await timeProbes(
    analysis,
    states.map(({ probe }) => probe),
    options,
  );
  const points = curve.points.map((point, i) => ({ ...point, ...cut[i]! }));
  return { ...curve, points, uncutMilliseconds: uncut };
}

/** The time of the uncut model: the middle of what was measured beside each curve. */
async function timeUncut(
  curves: readonly GroupSensitivity[],
  options: SensitivityOptions,
  analysis: Analysis,
): Promise<number> {
  if (curves.length === 0) return (await timeProbes(analysis, [], options)).uncut;
  return median(curves.map(({ uncutMilliseconds }) => uncutMilliseconds!));
}

/** What an older curve is held against. */
interface Present {
  readonly analysis: Analysis;
  readonly judge: ProbeJudge;
  readonly limiter: Limiter;
  readonly scores: Float64Array;
  /** Of the uncut model, where times are measured. */
  readonly milliseconds: number | undefined;
}

/** An older curve beside the present model: drops and saved times are those that were measured, costs and values follow. */
function carryGroup(
  { analysis: { coupling, cost }, judge: { value, higherIsBetter }, limiter, scores, milliseconds }: Present,
  { root, part, channels, group }: PrunableGroup,
  old: GroupSensitivity,
): GroupSensitivity {
  const faster = (old.uncutMilliseconds ?? 0) - (milliseconds ?? 0);
  const points = old.points.map((point): SensitivityPoint => {
    const keep = cutGroups(coupling, scores, limiter, new Map([[group, point.rate]]));
    const { macs, params } = cost.totals(keep);
    const removed = countRemoved(coupling, group, keep);
    return {
      ...{ ...point, removed, macs, params },
      value: value - (higherIsBetter ? point.drop : -point.drop),
      ...shiftTimes(point, faster),
    };
  });
  const timing = milliseconds === undefined ? {} : { uncutMilliseconds: milliseconds };
  return { root, part, channels, points, age: old.age, ...timing };
}

/** The times of a point by so much shorter, as the model around the cut has become. */
function shiftTimes(
  { milliseconds, millisecondsAtMost }: SensitivityPoint,
  faster: number,
): Pick<SensitivityPoint, 'milliseconds' | 'millisecondsAtMost'> {
  if (milliseconds === undefined || millisecondsAtMost === undefined) return {};
  return {
    milliseconds: Math.max(0, milliseconds - faster),
    millisecondsAtMost: Math.max(0, millisecondsAtMost - faster),
  };
}

async function answerAll(
  { engine, images, load, signal }: SensitivityOptions,
  model: Model,
): Promise<readonly BatchOutputs['outputs'][]> {
  const session = await engine.load(model, load);
  try {
    const answers: BatchOutputs['outputs'][] = [];
    for (const { feeds } of images) {
      signal?.throwIfAborted();
      answers.push(await session.run(feeds));
    }
    return answers;
  } finally {
    await session.close();
  }
}

function countSamples(images: readonly ProbeBatch[]): number {
  return images.reduce((sum, { targets }) => sum + targets.length, 0);
}
