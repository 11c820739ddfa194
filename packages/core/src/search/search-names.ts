// The names of what a search can be told to do.

/** Ways to decide what is cut next. */
export const SEARCH_STRATEGIES = ['iterative', 'progressive', 'one-shot', 'uniform', 'layer-rates'] as const;

/** Name of a way to decide. */
export type SearchStrategy = (typeof SEARCH_STRATEGIES)[number];

/** What a cut can be picked for saving. */
export const SCORE_MEASURES = ['params', 'macs', 'latency'] as const;

/** Name of what is saved. */
export type ScoreMeasure = (typeof SCORE_MEASURES)[number];

/** Ways to measure sensitivity. */
export const SENSITIVITY_MODES = ['fast', 'exact'] as const;

/** Name of a way to measure. */
export type SensitivityMode = (typeof SENSITIVITY_MODES)[number];

/** Ways to recover after every cut; `finetune` (from labels) and `distil` (from the original) begin with `reconstruct`. */
export const SEARCH_RECOVERIES = ['reconstruct', 'recalibrate', 'finetune', 'distil', 'none'] as const;

/** Name of a way to recover. */
export type SearchRecovery = (typeof SEARCH_RECOVERIES)[number];

/** Which models of its steps a run keeps: all, or only the original and that of the last step, which is what going on needs. */
export const KEPT_MODELS = ['all', 'last'] as const;

/** Name of such a choice. */
export type KeptModels = (typeof KEPT_MODELS)[number];
