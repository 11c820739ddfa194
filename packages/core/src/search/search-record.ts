// What the journal of a search holds, in order: the truth about a run, as plain data. Its state, its report and a resumed run are read from these.
import type { Cost } from '../cost/cost.ts';
import type { Estimate } from '../devices/summarise-rounds.ts';
import type { ClassReadings } from '../metrics/grouped-metric.ts';
import type { Interval } from '../metrics/statistics.ts';
import type { PlanGroup } from '../plan/plan.ts';
import type { ProofEvidence } from '../verify/proof-evidence.ts';
import type { Verification } from '../verify/verify-cut.ts';
import type { ClassDrop } from './class-floor.ts';
import type { ChannelHistory } from './history.ts';
import type { GroupSensitivity, Sensitivity } from './sensitivity.ts';

/** How a model of a run does on the samples it is judged by. */
export interface SearchJudgement {
  readonly metric: string;
  readonly higherIsBetter: boolean;
  readonly value: number;
  /** The number over each of some random groups of the samples. */
  readonly groups: readonly number[];
  /** Every number of the metric. */
  readonly metrics: Readonly<Record<string, number>>;
  /** How much worse than the original; negative where better. */
  readonly drop: number;
  /** Interval of the drop at 95 %, null where the samples were too few to tell. */
  readonly interval: Interval | null;
  /** The most that the drop is at the chosen confidence. */
  readonly worst: number;
  readonly samples: number;
  /** The number of each class that occurs, by its name, or its index where it has none; of metrics that know classes. */
  readonly classes?: Readonly<Record<string, number>>;
  /** Of the original, where no class may lose too much: what the drops of classes are told from. */
  readonly classReadings?: Readonly<Record<string, ClassReadings>>;
  /** Of all others then: the class that may have lost most. */
  readonly worstClass?: ClassDrop;
}

/** What a model of a run takes on the device whose latency is the target. */
export interface LatencyReading {
  /** Of the original's latency, measured side by side; 1 for the original itself. */
  readonly fraction: Estimate;
  /** Of one run: that fraction of what the original took when the run began, so that the machine's load then and now does not count. */
  readonly ms: number;
  /** Fingerprint of the device. */
  readonly device: string;
}

/** Why cutting came to its end. */
export type SearchEnd = 'target' | 'budget' | 'nothing-left' | 'iterations' | 'time' | 'interrupted';

/** What was tried: one cut, recovered and judged. */
export interface SearchTrial {
  readonly iteration: number;
  /** 1 at full strength, halved at every further try. */
  readonly strength: number;
  readonly cost: Cost;
  /** Where a latency is the target; recovery does not change it. */
  readonly latency?: LatencyReading;
  /** Before and after recovery. */
  readonly cutAlone: SearchJudgement;
  readonly recovered: SearchJudgement;
  /** The most that the drop may be for this step. */
  readonly allowed: number;
  readonly accepted: boolean;
  /** The class that may lose more than any class may, where that refused the cut. */
  readonly brokenFloor?: ClassDrop;
  readonly seconds: number;
}

/** One accepted state of a run: number 0 is the original. */
export interface SearchStep {
  readonly step: number;
  /** Path of the model, relative to the run folder. */
  readonly model: string;
  readonly cost: Cost;
  /** Where a latency is the target. */
  readonly latency?: LatencyReading;
  readonly judgement: SearchJudgement;
  /** What this step cut, numbered as the model before it. */
  readonly groups: readonly PlanGroup[];
  readonly history: ChannelHistory;
  /** Names of the groups whose sensitivity this cut may have changed. */
  readonly stale: readonly string[];
  /** The proof of this step's cut; null for the original and for the last training, which cut nothing. */
  readonly proof: Verification['verdict'] | null;
  /** What that proof rests on. */
  readonly evidence?: ProofEvidence;
}

/** One entry of the journal. */
export type SearchRecord =
  /** A group's curve is known. */
  | { readonly type: 'sensitivity.group'; readonly group: GroupSensitivity }
  | {
      readonly type: 'search.sensitivity';
      readonly iteration: number;
      readonly sensitivity: Sensitivity;
      readonly probes: number;
    }
  | { readonly type: 'search.trial'; readonly trial: SearchTrial }
  | { readonly type: 'search.step'; readonly step: SearchStep }
  /** There will be no more cuts, only the last training. */
  | { readonly type: 'search.stop'; readonly reason: SearchEnd }
  | { readonly type: 'search.end'; readonly reason: SearchEnd; readonly best: number };

const TYPES: ReadonlySet<string> = new Set<SearchRecord['type']>([
  'sensitivity.group',
  'search.sensitivity',
  'search.trial',
  'search.step',
  'search.stop',
  'search.end',
]);

/** Whether an event belongs into the journal. */
export function isSearchRecord(event: { readonly type: string }): event is SearchRecord {
  return TYPES.has(event.type);
}
