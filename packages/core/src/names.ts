// What a program needs before it does anything: the error it may end with, and the names that its help lists. A door of its own
// (`@espalier/core/names`), because the whole takes several times as long to load, and help should be there at once.
export { DECISION_MEASURES, PICK_RULES } from './compare/decision-names.ts';
export { DATASET_KINDS } from './data/dataset.ts';
export { EspalierError } from './errors.ts';
export { type CriterionName, criteria } from './importance/importance.ts';
export { convolutionModes } from './importance/kernel-pairs.ts';
export { normalizers } from './importance/normalizer.ts';
export { reductions } from './importance/reduction.ts';
export { LATENCY_METHODS } from './latency/choose-levels.ts';
export { DETECTION_LAYOUTS } from './metrics/layouts/detection-layouts.ts';
export { DEFAULT_MAX_RATIO } from './plan/limits.ts';
export {
  KEPT_MODELS,
  SCORE_MEASURES,
  SEARCH_RECOVERIES,
  SEARCH_STRATEGIES,
  SENSITIVITY_MODES,
} from './search/search-names.ts';
export { OPTIMIZERS } from './training/optimizer.ts';
