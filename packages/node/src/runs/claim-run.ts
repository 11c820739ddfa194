// Taking a run folder into one's hands: locked against others, empty for a new run or with what an earlier start left.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EspalierError } from '@espalier/core';
import { type Journal, openJournal, readJournal } from './journal.ts';
import { isRunName, RUN_PATHS, removeRunFiles } from './run-files.ts';
import { lockRun } from './run-lock.ts';
import { type RunFolderOptions, type RunRecord, readRunRecord } from './run-record.ts';

/** A run folder that only this process writes to. Close it. */
export interface ClaimedRun<Record extends RunRecord> {
  /** What an earlier start left, when it is resumed. */
  readonly record: Record | undefined;
  readonly journal: Journal;
  /** Closes the journal and gives the run free. */
  close(): void;
}

/**
 * Claims a run folder and makes it if need be. Errors, kind io: `io.exists` when something is there already, `run.locked`, `io.write-failed`, those
 * of `readRunRecord` when it is resumed.
 */
export async function claimRun<Record extends RunRecord = RunRecord>(
  path: string,
  { resume = false, force = false }: Pick<RunFolderOptions, 'resume' | 'force'> = {},
): Promise<ClaimedRun<Record>> {
  // Where nothing began nothing is left behind.
  if (resume) await readRunRecord(path);
  else await makeFolder(path);
  const lock = await lockRun(path);
  try {
    if (!resume) await makeRoom(path, force);
    const record = resume ? await readRunRecord<Record>(path) : undefined;
    await makeFolder(join(path, RUN_PATHS.models));
    const journal = openJournal(join(path, RUN_PATHS.events));
    return {
      record,
      journal,
      close() {
        journal.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Empties the folder of an earlier run, with `force` or where that never got anywhere. */
async function makeRoom(path: string, force: boolean): Promise<void> {
  if (!force && !(await isBarren(path))) {
    throw new EspalierError({
      kind: 'io',
      code: 'io.exists',
      message: `The run folder ${path} exists already.`,
      hint: 'Go on with --resume, replace it with --force, or choose another --run-dir.',
    });
  }
  await removeRunFiles(path);
}

/** Whether all that lies there, if anything, is a run that failed before anything came of it. */
async function isBarren(path: string): Promise<boolean> {
  const names = await readdir(path);
  const isEmpty = !names.includes(RUN_PATHS.record) || readJournal(join(path, RUN_PATHS.events)).length === 0;
  return isEmpty && names.every(isRunName);
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: Error) => {
    throw new EspalierError({
      kind: 'io',
      code: 'io.write-failed',
      message: `The folder ${path} could not be made: ${cause.message}.`,
      hint: 'Check the permissions of the folder above, or choose another --run-dir.',
      cause,
    });
  });
}
