// A run as its folder tells it: what was asked, how far it has come, who writes to it now. Reading changes nothing.
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  advanceState,
  isSearchRecord,
  NO_STATE,
  type SearchEnd,
  type SearchRecord,
  type SearchState,
} from '@espalier/core';
import type { StopReason, TrainingEvent } from '../training/training-events.ts';
import { readJournal } from './journal.ts';
import { RUN_PATHS } from './run-files.ts';
import { type RunHolder, readHolder } from './run-lock.ts';
import { type RunRecord, readRunRecord } from './run-record.ts';
import { advanceTraining, NO_TRAINING, type TrainingOutcome } from './training-outcome.ts';

/** Where a run stands: something writes to it, it came to its end, or neither. */
export type RunStanding =
  | { readonly state: 'running'; readonly holder: RunHolder }
  | { readonly state: 'ended'; readonly reason: SearchEnd | StopReason }
  | { readonly state: 'interrupted' };

interface RunFacts {
  readonly path: string;
  readonly record: RunRecord;
  readonly standing: RunStanding;
  /** When something happened last, as an ISO date. */
  readonly changedAt: string;
}

/** A run of cuts. */
export interface SearchRun extends RunFacts {
  readonly kind: 'search';
  readonly search: SearchState;
}

/** A run of one training. */
export interface TrainedRun extends RunFacts {
  readonly kind: 'training';
  readonly training: TrainingOutcome;
}

/** What a run folder holds. */
export type Run = SearchRun | TrainedRun;

/** Whether a folder is that of a run. */
export function isRun(path: string): boolean {
  return existsSync(join(path, RUN_PATHS.record));
}

/** Reads a run. Errors, kind io: `run.missing`, `run.damaged`. */
export async function readRun(path: string): Promise<Run> {
  const record = await readRunRecord(path);
  // The lock first: who gives it back has written the end before.
  const holder = await readHolder(path);
  const journal = join(path, RUN_PATHS.events);
  const events = readJournal(journal).filter(isEvent);
  const { mtime } = await stat(existsSync(journal) ? journal : join(path, RUN_PATHS.record));
  const common = { path, record, changedAt: mtime.toISOString() };
  const standing = (reason: SearchEnd | StopReason | undefined): RunStanding => {
    if (holder) return { state: 'running', holder };
    const isEnded = reason !== undefined && reason !== 'interrupted';
    return isEnded ? { state: 'ended', reason } : { state: 'interrupted' };
  };
  // Only trainings note how convolutions are written.
  if ('formulations' in record) {
    const training = (events as readonly TrainingEvent[]).reduce(advanceTraining, NO_TRAINING);
    return { ...common, kind: 'training', training, standing: standing(training.stopped) };
  }
  const search = events.filter(isSearchRecord).reduce(advanceState, NO_STATE);
  return { ...common, kind: 'search', search, standing: standing(search.ended ? search.stopped : undefined) };
}

function isEvent(entry: unknown): entry is SearchRecord | TrainingEvent {
  return typeof entry === 'object' && entry !== null && 'type' in entry;
}
