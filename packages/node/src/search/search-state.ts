// Where a search stands, as its events tell: the same for a run that goes on and for one that is resumed.
import { type GroupSensitivity, groupName } from '@espalier/core';
import type { SearchEnd, SearchEvent, SearchStep, SearchTrial } from './search-events.ts';

/** The state of a search. */
export interface SearchState {
  /** Accepted states, the original first. */
  readonly steps: readonly SearchStep[];
  readonly trials: readonly SearchTrial[];
  /** Curves that still hold for the model of the last step, by group name. */
  readonly curves: ReadonlyMap<string, GroupSensitivity>;
  readonly ended: SearchEnd | undefined;
}

/** Before any event. */
export const NO_STATE: SearchState = { steps: [], trials: [], curves: new Map(), ended: undefined };

/** The state after one more event. */
export function advanceState(state: SearchState, event: SearchEvent): SearchState {
  switch (event.type) {
    case 'sensitivity.group':
      return { ...state, curves: new Map([...state.curves, [groupName(event.group), event.group]]) };
    case 'search.trial':
      return { ...state, trials: [...state.trials, event.trial] };
    case 'search.step': {
      const stale = new Set(event.step.stale);
      const curves = [...state.curves].filter(([name]) => !stale.has(name));
      return {
        ...state,
        steps: [...state.steps, event.step],
        curves: new Map(curves.map(([name, group]) => [name, { ...group, age: group.age + 1 }])),
      };
    }
    case 'search.end':
      return { ...state, ended: event.reason };
    default:
      return state;
  }
}
