// Every run below a folder.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EspalierError } from '@espalier/core';
import { isRun, type Run, readRun } from './read-run.ts';

/** The runs below a folder. */
export interface RunList {
  /** In the order of their names. */
  readonly runs: readonly Run[];
  /** Folders whose record cannot be read, and why. */
  readonly unreadable: readonly { readonly path: string; readonly message: string }[];
}

/** Finds the folders of runs at and below a folder, in the order of their names; hidden folders and those of installed packages are passed over. */
export async function findRuns(folder: string): Promise<readonly string[]> {
  if (isRun(folder)) return [folder];
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw new EspalierError({
      kind: 'io',
      code: 'io.no-folder',
      message: `The folder ${folder} cannot be read: ${cause.message}.`,
      hint: 'Give a folder of runs, or one that runs are below of.',
      cause,
    });
  });
  const found: string[] = [];
  for (const entry of entries.sort((one, other) => one.name.localeCompare(other.name, 'en', NUMERIC))) {
    const isPassedOver = entry.name.startsWith('.') || entry.name === 'node_modules';
    // What may not be looked into is no reason to say nothing of the others.
    if (entry.isDirectory() && !isPassedOver)
      found.push(...(await findRuns(join(folder, entry.name)).catch(() => [])));
  }
  return found;
}

const NUMERIC = { numeric: true };

/** Reads every run at and below a folder. Error, kind io: `io.no-folder`. */
export async function listRuns(folder: string): Promise<RunList> {
  const runs: Run[] = [];
  const unreadable: { path: string; message: string }[] = [];
  for (const path of await findRuns(folder)) {
    try {
      runs.push(await readRun(path));
    } catch (error) {
      if (!(error instanceof EspalierError)) throw error;
      unreadable.push({ path, message: error.message });
    }
  }
  return { runs, unreadable };
}
