// Where a search stands, as its journal tells: the same for a run that goes on and for one that is resumed.
import type { SearchEnd, SearchRecord, SearchStep, SearchTrial } from './search-record.ts';
import { type GroupSensitivity, groupName, type Sensitivity } from './sensitivity.ts';

/** The state of a search. */
export interface SearchState {
  /** Accepted states, the original first. */
  readonly steps: readonly SearchStep[];
  /** What was tried; a try that a kill made repeat itself is there once. */
  readonly trials: readonly SearchTrial[];
  /** Curves that still hold for the model of the last step, by group name. */
  readonly curves: ReadonlyMap<string, GroupSensitivity>;
  /** The last whole analysis, and the number of the step it looked at. */
  readonly analysed: { readonly iteration: number; readonly sensitivity: Sensitivity } | undefined;
  /** Why there were no more cuts, once there were none. */
  readonly stopped: SearchEnd | undefined;
  /** Whether the last training is through as well. */
  readonly ended: boolean;
}

/** Before any entry. */
export const NO_STATE: SearchState = {
  ...{ steps: [], trials: [], curves: new Map() },
  ...{ analysed: undefined, stopped: undefined, ended: false },
};

/** The state after one more entry of the journal. */
export function advanceState(state: SearchState, event: SearchRecord): SearchState {
  switch (event.type) {
    case 'sensitivity.group':
      return { ...state, curves: new Map([...state.curves, [groupName(event.group), event.group]]) };
    case 'search.sensitivity':
      return { ...state, analysed: { iteration: event.iteration, sensitivity: event.sensitivity } };
    case 'search.trial': {
      const { iteration, strength } = event.trial;
      const others = state.trials.filter(
        (each) => each.iteration !== iteration || each.strength !== strength,
      );
      // A run that had ended may have been given more time.
      return { ...state, trials: [...others, event.trial], stopped: undefined, ended: false };
    }
    case 'search.step': {
      const stale = new Set(event.step.stale);
      const curves = [...state.curves].filter(([name]) => !stale.has(name));
      return {
        ...state,
        steps: [...state.steps, event.step],
        curves: new Map(curves.map(([name, group]) => [name, { ...group, age: group.age + 1 }])),
      };
    }
    case 'search.stop':
      return { ...state, stopped: event.reason };
    case 'search.end':
      return { ...state, ended: true };
  }
}
