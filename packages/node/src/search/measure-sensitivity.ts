// Sensitivity analysis: each group of channels cut at each rate, that group alone, and how the model fares (Iterative Filter Pruning for
// Concatenation-based CNNs, 2024). Exact: a really cut model, whole, on every sample. Fast: only what lies behind the cut is run, on values
// that were computed once, and a probe ends as soon as its error is small enough.
import {
  type BatchOutputs,
  countRemoved,
  cutGroups,
  DEFAULT_RATES,
  type Engine,
  type GroupSensitivity,
  groupName,
  type Limiter,
  type LoadOptions,
  listPrunableGroups,
  type Model,
  type PlanLimits,
  type PrunableGroup,
  planProbes,
  prepareLimits,
  type Sensitivity,
  type SensitivityMode,
  type SensitivityPoint,
} from '@espalier/core';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { MetricChoice } from '../pipeline/choose-metrics.ts';
import type { ProbeBatch } from './probe-images.ts';
import { openProbeJudge, type ProbeJudge } from './probe-judge.ts';
import { countRuns, type ProbeState, runParts, runWhole } from './run-probes.ts';
import type { SensitivityEvent } from './search-events.ts';

/** How a model's sensitivity is measured. */
export interface SensitivityOptions {
  readonly engine: Engine;
  /** One score per class, higher = keep: see `scoreAnalysis`. */
  readonly scores: Float64Array;
  readonly limits?: PlanLimits;
  /** Shares to try, each above 0 and below 1, rising; default {@link DEFAULT_RATES}. */
  readonly rates?: readonly number[];
  /** Batches of one size: see `readProbeImages`. */
  readonly images: readonly ProbeBatch[];
  readonly metrics: MetricChoice;
  /** Without labels: whose answers count as right, default the model's own. */
  readonly reference?: Model;
  /** Default fast. */
  readonly mode?: SensitivityMode;
  /**
   * Fast: a probe ends when the 95 % interval of its drop reaches no further than this to either side, in the metric's unit; default
   * {@link DEFAULT_PRECISION}. At 0 it sees every sample.
   */
  readonly precision?: number;
  /** Fast: most bytes for the values between two parts of the model, default 1 GiB. */
  readonly memory?: number;
  /** Curves that need no new probes, by {@link groupName}; their drops are taken over. */
  readonly known?: ReadonlyMap<string, GroupSensitivity>;
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
  const states = planProbes(coupling, scores, limiter, targets, rates).map(
    (probe): ProbeState => ({ probe, trial: judge.open(), done: false }),
  );
  const run = { analysis, engine, images, states, ...(load && { load }), ...(signal && { signal }) };
  let work = cost.original.macs * countRuns(traced, images);
  const fresh = new Map<PrunableGroup, GroupSensitivity>();
  const measured = mode === 'exact' ? runWhole(run) : runParts(run, memory);
  for await (const macs of measured) {
    work += macs;
    for (const target of targets) {
      const own = states.filter(({ probe }) => probe.target === target);
      if (fresh.has(target) || own.length === 0 || own.some(({ done }) => !done)) continue;
      const group = describeGroup(analysis, target, own, judge, images);
      fresh.set(target, group);
      yield { type: 'sensitivity.group', group };
    }
    const done = states.filter((state) => state.done).length;
    yield { type: 'sensitivity.progress', done, total: states.length };
  }
  return {
    ...{ metric: judge.metric, higherIsBetter: judge.higherIsBetter, samples: countSamples(images) },
    ...{ probes: states.length, work },
    baseline: { value: judge.value, macs: cost.original.macs, params: cost.original.params },
    groups: groups.flatMap((group) => {
      const old = known.get(groupName(group));
      return old ? carryGroup(analysis, group, old, judge, limiter, scores) : (fresh.get(group) ?? []);
    }),
  };
}

function describeGroup(
  { cost }: Analysis,
  { root, part, channels }: PrunableGroup,
  states: readonly ProbeState[],
  { value, higherIsBetter }: ProbeJudge,
  images: readonly ProbeBatch[],
): GroupSensitivity {
  const points = states.map(({ probe, trial }): SensitivityPoint => {
    const { drop, batches } = trial.verdict();
    const { macs, params } = cost.totals(probe.keep);
    return {
      ...{ rate: probe.rate, removed: probe.removed, macs, params },
      value: value - (higherIsBetter ? drop.value : -drop.value),
      ...{ drop: drop.value, interval: drop.interval },
      samples: countSamples(images.slice(0, batches)),
    };
  });
  return { root, part, channels, points, age: 0 };
}

/** An older curve beside the present model: the drops are those that were measured, costs and values follow. */
function carryGroup(
  { coupling, cost }: Analysis,
  { root, part, channels, group }: PrunableGroup,
  old: GroupSensitivity,
  { value, higherIsBetter }: ProbeJudge,
  limiter: Limiter,
  scores: Float64Array,
): GroupSensitivity {
  const points = old.points.map((point): SensitivityPoint => {
    const keep = cutGroups(coupling, scores, limiter, new Map([[group, point.rate]]));
    const { macs, params } = cost.totals(keep);
    const removed = countRemoved(coupling, group, keep);
    return { ...point, removed, macs, params, value: value - (higherIsBetter ? point.drop : -point.drop) };
  });
  return { root, part, channels, points, age: old.age };
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
