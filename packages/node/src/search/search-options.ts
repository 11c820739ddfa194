// What a search is asked, and what every part of one works with.
import {
  type CriterionName,
  DEFAULT_CRITERION,
  type Engine,
  type KeptModels,
  type LayerRates,
  type LoadOptions,
  type ModelTask,
  type PlanLimits,
  type ScoreMeasure,
  type SearchStrategy,
  type SelectionOptions,
} from '@espalier/core';
import type { LatencyAim } from '../latency/choose-for-latency.ts';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { ScoreOptions } from '../pipeline/score-analysis.ts';
import type { RunSettings } from '../runs/run-record.ts';
import type { TrainingData } from '../training/training-data.ts';
import type { SensitivityOptions } from './measure-sensitivity.ts';
import type { ProbeBatch } from './probe-images.ts';
import type { SearchEvent } from './search-events.ts';
import type { SearchFolder } from './search-folder.ts';
import type { SearchJudge } from './search-judge.ts';
import type { SearchRecoveryOptions } from './search-recovery.ts';
import type { SearchTarget, SearchWish } from './search-target.ts';

/** What a search is asked. */
export interface SearchOptions {
  readonly engine: Engine;
  /** Path of the original. */
  readonly model: string;
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  /** Where it ends; not looked at by the strategy layer-rates, which ends where its table does. */
  readonly target?: SearchWish;
  /** The device whose latency is the target; needed for one alone. */
  readonly latency?: LatencyAim;
  /** Most that the metric may lose in all, in its own unit: 0.01 is a point of accuracy. */
  readonly maxDrop: number;
  /** Most that any class may lose in all, of what is recognised of it (its average precision, of detectors); default: no such floor. */
  readonly maxClassDrop?: number;
  /** One-sided confidence at which a drop must be within its budget, in [0.5, 1); default 0.9. */
  readonly confidence?: number;
  /** Part of what is left of the budget that one cut may spend, above 0 and up to 1; default 0.5, and 1 for a strategy of one cut. */
  readonly stepShare?: number;
  /** Default iterative. */
  readonly strategy?: SearchStrategy;
  /** For the strategy of that name: the share that each group loses. */
  readonly layerRates?: LayerRates;
  /** What cuts are picked for; default parameters and multiply-accumulates. Latency is measured, so that it does not go with `training.deterministic`. */
  readonly scoreBy?: readonly ScoreMeasure[];
  readonly counts?: SelectionOptions['counts'];
  readonly exponents?: readonly number[];
  /** `criterion` default {@link usualCriterion}. */
  readonly scoring?: Omit<ScoreOptions, 'calibration' | 'signal'>;
  readonly limits?: PlanLimits;
  /** `limit` samples at most for probes, default all that are held out; a rise of the drop by more than `maxDrop` is a bend. */
  readonly sensitivity?: Pick<SensitivityOptions, 'rates' | 'mode' | 'precision' | 'memory' | 'workers'> & {
    readonly limit?: number;
    /** Times that a curve is looked at again where it bends, default 1; see `SensitivityOptions.refine`. */
    readonly refine?: number;
  };
  /** Data and their held-out part; `data.batch` and `data.seed` are those of trainings and of the whole search. */
  readonly training: SearchRecoveryOptions['training'];
  /** After each cut; default reconstruct, one epoch where it trains. */
  readonly recovery?: { readonly method?: SearchRecoveryOptions['method']; readonly epochs?: number };
  /** Epochs of training at the very end, default 0. */
  readonly finalEpochs?: number;
  /** Most cuts, default 30. */
  readonly iterations?: number;
  /** No cut begins after so many seconds. */
  readonly seconds?: number;
  /** Default all. */
  readonly keepModels?: KeptModels;
  readonly load?: LoadOptions;
  /** Options that change the result, as the run folder remembers them. */
  readonly settings: RunSettings;
  readonly folder: SearchFolder;
  readonly signal?: AbortSignal;
}

/** Defaults of {@link SearchOptions}. */
export const SEARCH_DEFAULTS = {
  strategy: 'iterative',
  confidence: 0.9,
  stepShare: 0.5,
  iterations: 30,
  refine: 1,
} as const;

/** By what channels are scored where nothing is said: weights alone pick channels that a detector cannot do without. */
export function usualCriterion(task: ModelTask): CriterionName {
  return task === 'detect' ? 'fscl-active' : DEFAULT_CRITERION;
}

/** What every part of a search works with. */
export interface SearchWork {
  readonly options: SearchOptions;
  readonly target: SearchTarget;
  readonly original: Analysis;
  readonly data: TrainingData;
  readonly judge: SearchJudge;
  /** The batches that probes are judged by. */
  readonly images: () => Promise<readonly ProbeBatch[]>;
  readonly recovery: SearchRecoveryOptions;
  /** Where a latency is the target: the device, and what is known of it by now. */
  readonly latency?: () => LatencyAim;
}

/** Notes an event down and hands it on. */
export type SearchRecorder = (event: SearchEvent) => SearchEvent;
