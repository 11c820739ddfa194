// What a search tells while it works: the entries of its journal, and what the pipelines inside it say.
import type { SearchRecord } from '@espalier/core';
import type { PipelineEvent } from '../pipeline/events.ts';
import type { TrainingEvent } from '../training/training-events.ts';

/** One event of a sensitivity analysis. */
export type SensitivityEvent =
  /** Probes done of all that there are. */
  | { readonly type: 'sensitivity.progress'; readonly done: number; readonly total: number }
  | Extract<SearchRecord, { type: 'sensitivity.group' }>;

/** One event of a run; those of the pipelines inside it pass through. */
export type SearchEvent = PipelineEvent | TrainingEvent | SensitivityEvent | SearchRecord;
