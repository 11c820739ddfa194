// `run.json`: what a run was asked, so that it can be gone on with.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EspalierError } from '@espalier/core';
import { writeFileAtomic } from '../models/write-file-atomic.ts';
import { RUN_PATHS } from './run-files.ts';

/** Options that change what a run computes, by the name of their flag; plain JSON values. */
export type RunSettings = Readonly<Record<string, unknown>>;

/** What every `run.json` holds. */
export interface RunRecord {
  readonly schema: 'espalier/run@1';
  /** What the caller wants to be remembered: command line, versions, machine, time. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly settings: RunSettings;
}

/** How a folder is opened. */
export interface RunFolderOptions {
  /** Goes on with the run that is there. */
  readonly resume?: boolean;
  /** Replaces a run that is there. */
  readonly force?: boolean;
  /** See {@link RunRecord}; kept from the first start. */
  readonly about?: Readonly<Record<string, unknown>>;
}

/** Refuses to go on under other settings. Error, kind usage: `run.other-settings`, which names the first option that differs and both values. */
export function checkSameSettings({ settings }: RunRecord, now: RunSettings): void {
  for (const name of new Set([...Object.keys(settings), ...Object.keys(now)])) {
    const [before, after] = [settings[name], now[name]].map((value) => JSON.stringify(value ?? null));
    if (before === after) continue;
    throw new EspalierError({
      kind: 'usage',
      code: 'run.other-settings',
      message: `The run cannot be resumed with other settings: ${name} is ${after} now and was ${before} when it began.`,
      hint: 'Repeat the options it began with, or start another run.',
    });
  }
}

/** Writes the `run.json` of a folder. */
export async function writeRunRecord(path: string, record: RunRecord): Promise<void> {
  await writeFileAtomic(join(path, RUN_PATHS.record), `${JSON.stringify(record, null, 2)}\n`, {
    force: true,
  });
}

/** Reads the `run.json` of a folder. Errors, kind io: `run.missing`, `run.damaged`. */
export async function readRunRecord<Record extends RunRecord = RunRecord>(path: string): Promise<Record> {
  const file = join(path, RUN_PATHS.record);
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new EspalierError({
      kind: 'io',
      code: 'run.missing',
      message: `There is no run in ${path} to resume.`,
      hint: 'Check --run-dir, or leave --resume out to start anew.',
      cause,
    });
  });
  try {
    const record = JSON.parse(text) as Record;
    if (record.schema !== 'espalier/run@1') throw new Error(`its schema is ${record.schema}`);
    return record;
  } catch (cause) {
    throw new EspalierError({
      kind: 'io',
      code: 'run.damaged',
      message: `The run record ${file} cannot be read: ${(cause as Error).message}.`,
      hint: 'Start anew with --force.',
      cause,
    });
  }
}
