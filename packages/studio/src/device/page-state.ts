// What the page shows, as one plain value that follows from what happens to the host.
import { createRandom, type HostEvent, type ModelLatency, summariseRounds } from '@espalier/core';

/** A model of the job under way. */
export interface ModelProgress {
  readonly name: string;
  readonly bytes: number;
  readonly state: 'waiting' | 'fetched' | 'loaded';
}

/** The state of the page. */
export interface PageState {
  readonly phase:
    | 'unpaired' // there is no token yet
    | 'joining'
    | 'waiting' // joined, nothing to do
    | 'fetching'
    | 'measuring'
    | 'lost' // joining again
    | 'away' // not in front, on a device that would let it sleep
    | 'refused' // the token is wrong or old
    | 'ended'; // the server has said goodbye
  /** Of the job under way; empty without one. */
  readonly models: readonly ModelProgress[];
  /** Provider and threads of it. */
  readonly how?: { readonly provider: string; readonly threads?: number };
  /** 0 to 1. */
  readonly fraction: number;
  /** Of the last job that was done, in the order of its models. */
  readonly results: readonly ModelLatency[];
  /** Why the last job failed. */
  readonly failure?: string;
  /** Jobs done. */
  readonly done: number;
}

/** Nothing has happened yet. */
export const INITIAL_STATE: PageState = { phase: 'joining', models: [], fraction: 0, results: [], done: 0 };

/** The state after an event. */
export function advancePage(state: PageState, event: HostEvent): PageState {
  switch (event.type) {
    case 'joined':
      return idle(state, 'waiting');
    case 'lost':
      return idle(state, 'lost');
    case 'bye':
      return idle(state, 'ended');
    case 'cancelled':
      return idle(state, 'waiting');
    case 'job': {
      const { provider, threads, models } = event.job;
      const { failure: _, ...rest } = state;
      return {
        ...rest,
        phase: 'fetching',
        fraction: 0,
        models: models.map(({ name, bytes }) => ({ name, bytes, state: 'waiting' })),
        how: { provider, ...(threads !== undefined && { threads }) },
      };
    }
    case 'fetched': {
      const models = state.models.map((model, i) =>
        i < event.models ? { ...model, state: 'fetched' as const } : model,
      );
      return { ...state, models, phase: event.models === models.length ? 'measuring' : 'fetching' };
    }
    case 'report':
      return advanceJob(state, event.report);
  }
}

function advanceJob(state: PageState, report: Extract<HostEvent, { type: 'report' }>['report']): PageState {
  switch (report.type) {
    case 'loaded': {
      const at = state.models.findIndex((model) => model.state === 'fetched');
      const models = state.models.map((model, i) =>
        i === at ? { ...model, state: 'loaded' as const } : model,
      );
      return { ...state, models };
    }
    case 'progress':
      return { ...state, fraction: report.fraction };
    case 'timed': {
      const results = summariseRounds(report.times, createRandom(0));
      return { ...idle(state, 'waiting'), results, done: state.done + 1 };
    }
    case 'failed':
      return { ...idle(state, 'waiting'), failure: report.message };
    default:
      return state;
  }
}

function idle(state: PageState, phase: PageState['phase']): PageState {
  const { how: _, ...rest } = state;
  return { ...rest, phase, models: [], fraction: 0 };
}
