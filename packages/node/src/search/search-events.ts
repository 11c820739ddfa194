// What a search tells while it works. The journal of a run is a list of these.
import type {
  ChannelHistory,
  Cost,
  GroupSensitivity,
  Interval,
  PlanGroup,
  Sensitivity,
  Verification,
} from '@espalier/core';
import type { PipelineEvent } from '../pipeline/events.ts';
import type { TrainingEvent } from '../training/training-events.ts';

/** One event of a sensitivity analysis. */
export type SensitivityEvent =
  /** Probes done of all that there are. */
  | { readonly type: 'sensitivity.progress'; readonly done: number; readonly total: number }
  /** A group's curve is known. */
  | { readonly type: 'sensitivity.group'; readonly group: GroupSensitivity };

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
}

/** Why cutting came to its end. */
export type SearchEnd = 'target' | 'budget' | 'nothing-left' | 'iterations' | 'time' | 'interrupted';

/** What was tried: one cut, recovered and judged. */
export interface SearchTrial {
  readonly iteration: number;
  /** 1 at full strength, halved at every further try. */
  readonly strength: number;
  readonly cost: Cost;
  /** Before and after recovery. */
  readonly cutAlone: SearchJudgement;
  readonly recovered: SearchJudgement;
  /** The most that the drop may be for this step. */
  readonly allowed: number;
  readonly accepted: boolean;
  readonly seconds: number;
}

/** One accepted state of a run: number 0 is the original. */
export interface SearchStep {
  readonly step: number;
  /** Path of the model, relative to the run folder. */
  readonly model: string;
  readonly cost: Cost;
  readonly judgement: SearchJudgement;
  /** What this step cut, numbered as the model before it. */
  readonly groups: readonly PlanGroup[];
  readonly history: ChannelHistory;
  /** Names of the groups whose sensitivity this cut may have changed. */
  readonly stale: readonly string[];
  /** The proof of this step's cut; null for the original and for the last training, which cut nothing. */
  readonly proof: Verification['verdict'] | null;
}

/** One event of a run; those of the pipelines inside it pass through. */
export type SearchEvent =
  | PipelineEvent
  | TrainingEvent
  | SensitivityEvent
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
