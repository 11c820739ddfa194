// What the page of a run shows, as plain data: the journal folded, beside what the command knew. Every section, plot and table reads this and nothing else.
import {
  advanceState,
  type Cost,
  groupName,
  type Interval,
  NO_STATE,
  type ProofEvidence,
  randomGroupsError,
  type SearchEnd,
  type SearchJudgement,
  type SearchRecord,
  type SearchStep,
  type SearchTrial,
  type Sensitivity,
  type SensitivityPoint,
  studentQuantile,
} from '@espalier/core';
import type { FrozenFact, LatencyFacts, LayerFact, RunFacts, StepLatency } from './run-facts.ts';

/** What a run folder holds, as far as the page needs it. */
export interface RunSource {
  /** `run.json`. */
  readonly record?: {
    readonly about: Readonly<Record<string, unknown>>;
    readonly settings: Readonly<Record<string, unknown>>;
  };
  /** `events.jsonl`. */
  readonly journal: readonly SearchRecord[];
  /** `report.json`; a run that was killed has none. */
  readonly facts?: RunFacts;
}

/** An accepted state; number 0 is the original. */
export interface PageStep {
  readonly step: number;
  readonly cost: Cost;
  /** Fractions of the original. */
  readonly kept: Pick<Cost, 'macs' | 'params'>;
  readonly value: number;
  /** Of the metric by itself, at 95 %; null where the samples were too few. */
  readonly interval: Interval | null;
  /** Against the original on the same samples. */
  readonly drop: number;
  readonly dropInterval: Interval | null;
  readonly worst: number;
  readonly proof: SearchStep['proof'];
  readonly evidence?: ProofEvidence;
  /** Layers that this step cut, with the channels they had before it and lost in it. */
  readonly cuts: readonly { readonly root: string; readonly channels: number; readonly removed: number }[];
  readonly tries: number;
  readonly bytes?: number;
  readonly latency?: StepLatency;
}

/** A cut that was tried. */
export interface PageTrial {
  /** Which cut, from 1, and its strength. */
  readonly cut: number;
  readonly strength: number;
  readonly cost: Cost;
  /** Fraction of the original's MACs. */
  readonly kept: number;
  readonly before: number;
  readonly value: number;
  readonly drop: number;
  readonly dropInterval: Interval | null;
  readonly worst: number;
  readonly allowed: number;
  readonly accepted: boolean;
  readonly seconds: number;
}

/** How the metric falls when one group alone is cut. */
export interface PageCurve {
  readonly name: string;
  readonly channels: number;
  readonly points: readonly SensitivityPoint[];
  /** Accepted cuts between the measurement and the analysis. */
  readonly age: number;
  /** Mean drop over the points: what curves are sorted by. */
  readonly sensitivity: number;
  /** The curve of the first analysis, where it is another. */
  readonly first?: readonly SensitivityPoint[];
}

/** A class before and after. */
export interface PageClass {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** How much worse; negative where better. */
  readonly loss: number;
}

/** A fact with its name. */
export type Fact = readonly [name: string, value: string];

/** The page. */
export interface RunPage {
  /** Name of the model's file, or `Run` where nothing tells. */
  readonly title: string;
  readonly model?: RunFacts['model'];
  readonly output?: string;
  readonly asked?: RunFacts['asked'];
  /** Undefined while it goes on, or when it was killed. */
  readonly ending: SearchEnd | undefined;
  readonly metric: {
    readonly name: string;
    readonly higherIsBetter: boolean;
    readonly samples: number;
    /** A fraction of 1: its differences are told in points. */
    readonly isShare: boolean;
  };
  readonly steps: readonly PageStep[];
  readonly trials: readonly PageTrial[];
  /** The last whole analysis, of the model of step `step`; most sensitive group first. */
  readonly analysis?: {
    readonly step: number;
    readonly samples: number;
    readonly curves: readonly PageCurve[];
  };
  readonly layers: readonly LayerFact[];
  readonly frozen: readonly FrozenFact[];
  /** Greatest loss first; empty where the metric has no classes. */
  readonly classes: readonly PageClass[];
  readonly latency?: LatencyFacts;
  readonly remarks: readonly string[];
  readonly settings: readonly Fact[];
  /** `run.json`'s `about`, as it was written. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly next?: string;
}

/** A judgement that may hold a number per class, as some metrics have. */
type Judged = SearchJudgement & { readonly classes?: Readonly<Record<string, number | null>> };

/** Makes the page of a run from what its folder holds; whatever is missing there is missing on the page. */
export function makeRunPage({ record, journal, facts }: RunSource): RunPage {
  const state = journal.reduce(advanceState, NO_STATE);
  const { steps, trials, stopped } = state;
  const first = steps[0];
  const judgement = first?.judgement;
  const path = facts?.model.path ?? record?.about.model;
  const latencies = new Map(facts?.latency?.steps.map((each) => [each.step, each]));
  const files = new Map(facts?.files.map(({ step, bytes }) => [step, bytes]));
  const analysis = describeAnalyses(journal);
  return {
    title: typeof path === 'string' ? path.split(/[/\\]/).at(-1)! : 'Run',
    ...(facts && { model: facts.model, output: facts.output, asked: facts.asked }),
    ending: state.ended ? stopped : undefined,
    metric: {
      name: judgement?.metric ?? 'metric',
      higherIsBetter: judgement?.higherIsBetter ?? true,
      samples: judgement?.samples ?? 0,
      isShare: isShare(steps),
    },
    steps: steps.map((step) =>
      describeStep(step, first!.cost, trials, files.get(step.step), latencies.get(step.step)),
    ),
    trials: first ? trials.map((trial) => describeTrial(trial, first.cost)) : [],
    ...(analysis && { analysis }),
    layers: facts?.layers ?? [],
    frozen: facts?.frozen ?? [],
    classes: first ? compareClasses(first.judgement, steps.at(-1)!.judgement) : [],
    ...(facts?.latency && { latency: facts.latency }),
    remarks: facts?.remarks ?? [],
    settings: Object.entries(record?.settings ?? {}).map(([name, value]) => [name, tell(value)]),
    about: record?.about ?? {},
    ...(facts && { next: facts.next }),
  };
}

function isShare(steps: readonly SearchStep[]): boolean {
  return (
    steps.length > 0 &&
    steps.every(({ judgement: { value, higherIsBetter } }) => higherIsBetter && value >= 0 && value <= 1)
  );
}

function describeStep(
  { step, cost, judgement, proof, evidence, groups }: SearchStep,
  original: Cost,
  trials: readonly SearchTrial[],
  bytes: number | undefined,
  latency: StepLatency | undefined,
): PageStep {
  const { value, drop, interval, worst } = judgement;
  return {
    ...{ step, cost, value, drop, dropInterval: step === 0 ? null : interval, worst, proof },
    kept: { macs: cost.macs / original.macs, params: cost.params / original.params },
    interval: intervalOf(judgement),
    cuts: groups.map(({ root, channels, removed }) => ({ root, channels, removed: removed.length })),
    tries: proof === null ? 0 : trials.filter(({ iteration }) => iteration === step - 1).length,
    ...(evidence && { evidence }),
    ...(bytes !== undefined && { bytes }),
    ...(latency && { latency }),
  };
}

/** How far a metric is known by itself, from the spread of its random groups. */
function intervalOf({ value, groups }: SearchJudgement): Interval | null {
  const error = randomGroupsError(groups);
  if (error === null) return null;
  const reach = studentQuantile(0.975, groups.length - 1) * error;
  return [value - reach, value + reach];
}

function describeTrial(
  { iteration, strength, cost, cutAlone, recovered, allowed, accepted, seconds }: SearchTrial,
  original: Cost,
): PageTrial {
  const { value, drop, interval, worst } = recovered;
  return {
    ...{ cut: iteration + 1, strength, cost, kept: cost.macs / original.macs },
    ...{ before: cutAlone.value, value, drop, dropInterval: interval, worst, allowed, accepted, seconds },
  };
}

function describeAnalyses(journal: readonly SearchRecord[]): RunPage['analysis'] {
  const whole = journal.filter((entry) => entry.type === 'search.sensitivity');
  const [first, last] = [whole[0], whole.at(-1)];
  if (first === undefined || last === undefined || last.sensitivity.groups.length === 0) return undefined;
  const earlier = first === last ? undefined : curvesOf(first.sensitivity);
  return {
    step: last.iteration,
    samples: last.sensitivity.samples,
    curves: last.sensitivity.groups
      .map((group) => {
        const { points, channels, age } = group;
        const name = groupName(group);
        const before = earlier?.get(name);
        const sensitivity = points.reduce((sum, { drop }) => sum + drop, 0) / Math.max(1, points.length);
        return { name, channels, points, age, sensitivity, ...(before && { first: before }) };
      })
      .sort((a, b) => b.sensitivity - a.sensitivity),
  };
}

function curvesOf({ groups }: Sensitivity): ReadonlyMap<string, readonly SensitivityPoint[]> {
  return new Map(groups.map((group) => [groupName(group), group.points]));
}

function compareClasses(first: Judged, last: Judged): readonly PageClass[] {
  const { classes: before = {}, higherIsBetter } = first;
  const { classes: after = {} } = last;
  return Object.entries(before)
    .flatMap(([name, value]) => {
      const now = after[name];
      if (typeof value !== 'number' || typeof now !== 'number') return [];
      return [{ name, before: value, after: now, loss: higherIsBetter ? value - now : now - value }];
    })
    .sort((a, b) => b.loss - a.loss);
}

function tell(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
