// What a search tells while it works. A run's journal is a list of these.
import type { GroupSensitivity } from '@espalier/core';

/** One event of a sensitivity analysis. */
export type SensitivityEvent =
  /** Probes done of all that there are. */
  | { readonly type: 'sensitivity.progress'; readonly done: number; readonly total: number }
  /** A group's curve is known. */
  | { readonly type: 'sensitivity.group'; readonly group: GroupSensitivity };
