// Removing a run: its own files, and its folder where nothing else lies in it.
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EspalierError } from '@espalier/core';
import { isRunName, RUN_PATHS, removeRunFiles } from './run-files.ts';
import { lockedError, lockRun, RUN_LOCK, readHolder } from './run-lock.ts';

/** What became of a run that was removed. */
export interface RemovedRun {
  /** Bytes. */
  readonly freed: number;
  /** Names in its folder that are not a run's own, and stay with it. */
  readonly left: readonly string[];
}

/** Refuses a run that a process is writing to. Error, kind io: `run.locked`. */
export async function checkRemovable(path: string): Promise<void> {
  const holder = await readHolder(path);
  if (!holder) return;
  const { message } = lockedError(path, holder);
  const hint = 'Let it finish or end it, or remove the run under it with --force.';
  throw new EspalierError({ kind: 'io', code: 'run.locked', message, hint });
}

/** Removes a run; with `force` also one that a process is writing to, which will then fail. Errors: those of `checkRemovable` without `force`. */
export async function removeRun(
  path: string,
  { force = false }: { readonly force?: boolean } = {},
): Promise<RemovedRun> {
  if (!force) await checkRemovable(path);
  const lock = (await readHolder(path)) ? undefined : await lockRun(path);
  const freed = await removeRunFiles(path);
  const isSpent = (name: string): boolean =>
    isRunName(name) && name !== RUN_PATHS.models && (name !== RUN_LOCK || lock === undefined);
  for (const name of (await readdir(path)).filter(isSpent)) await rm(join(path, name), { force: true });
  lock?.release();
  const left = await readdir(path);
  if (left.length === 0) await rmdir(path);
  return { freed, left };
}
