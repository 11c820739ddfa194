// The folder of a training: what it was asked, what happened, where it stands, and its models. After a kill at any moment it can be gone on from.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EspalierError, type Model } from '@espalier/core';
import { writeFileAtomic } from '../models/write-file-atomic.ts';
import { writeModel } from '../models/write-model.ts';
import { type Checkpoint, readCheckpoint, type TrainingStore, writeCheckpoint } from './checkpoint.ts';
import type { Formulations } from './choose-formulations.ts';
import type { TrainingEvent } from './training-events.ts';

/** Options that change what a training computes, by the name of their flag; plain JSON values. */
export type TrainingSettings = Readonly<Record<string, unknown>>;

/** `run.json`. */
export interface RunRecord {
  readonly schema: 'espalier/run@1';
  /** What the caller wants to be remembered: command line, versions, machine, time. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly settings: TrainingSettings;
  readonly formulations: Formulations | null;
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

/** An open run folder. Close it. */
export interface RunFolder {
  readonly path: string;
  /** What an earlier start left, when it is resumed. */
  readonly record: RunRecord | undefined;
  readonly checkpoint: Checkpoint | undefined;
  readonly store: TrainingStore;
  /** Writes `run.json`. */
  describe(settings: TrainingSettings, formulations: Formulations | null): Promise<void>;
  /** Adds a line to `events.jsonl`. */
  append(event: TrainingEvent): void;
  saveLast(model: Model): Promise<void>;
  close(): void;
}

/** Progress is for those who look on, not for the record. */
const FLEETING: readonly TrainingEvent['type'][] = ['evaluation.progress', 'training.preparing'];

/**
 * Opens a run folder and makes it if need be. Errors, kind `io`: `io.exists` when something is there already, `run.missing` when there is nothing to
 * resume, `run.damaged`, those of `readCheckpoint`.
 */
export async function openRunFolder(
  path: string,
  { resume = false, force = false, about = {} }: RunFolderOptions = {},
): Promise<RunFolder> {
  const files = {
    record: join(path, 'run.json'),
    events: join(path, 'events.jsonl'),
    checkpoint: join(path, 'checkpoint.bin'),
    models: join(path, 'models'),
  };
  if (!resume) await makeRoom(path, Object.values(files), force);
  const record = resume ? await readRecord(path, files.record) : undefined;
  // Killed before its first checkpoint, a run has lost nothing but its beginning.
  const checkpoint =
    resume && existsSync(files.checkpoint) ? await readCheckpoint(files.checkpoint) : undefined;
  await mkdir(files.models, { recursive: true });
  const journal = openJournal(files.events);
  const saveModel = async (name: string, model: Model): Promise<void> => {
    await writeModel(join(files.models, name), model, { force: true });
  };
  return {
    path,
    record,
    checkpoint,
    store: {
      async save(saved) {
        journal.sync();
        await writeCheckpoint(files.checkpoint, saved);
      },
      saveBest: (model) => saveModel('best.onnx', model),
    },
    async describe(settings, formulations) {
      const written: RunRecord = {
        schema: 'espalier/run@1',
        about: record?.about ?? about,
        settings,
        formulations,
      };
      await writeFileAtomic(files.record, `${JSON.stringify(written, null, 2)}\n`, { force: true });
    },
    append(event) {
      if (!FLEETING.includes(event.type)) journal.write(`${JSON.stringify(event)}\n`);
    },
    saveLast: (model) => saveModel('last.onnx', model),
    close: () => journal.close(),
  };
}

/**
 * Refuses to go on under other settings. Error, kind usage: `run.other-settings`, which names the first option that differs and both values.
 */
export function checkSameSettings({ settings }: RunRecord, now: TrainingSettings): void {
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

async function makeRoom(path: string, files: readonly string[], force: boolean): Promise<void> {
  const found = await readdir(path).catch(() => []);
  if (found.length > 0 && !force) {
    throw new EspalierError({
      kind: 'io',
      code: 'io.exists',
      message: `The run folder ${path} exists already.`,
      hint: 'Go on with --resume, replace it with --force, or choose another --run-dir.',
    });
  }
  for (const file of files) await rm(file, { recursive: true, force: true });
}

async function readRecord(path: string, file: string): Promise<RunRecord> {
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
    const record = JSON.parse(text) as RunRecord;
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

/** An append-only file whose last line may have been cut off by a kill. */
function openJournal(file: string) {
  const isCutOff = existsSync(file) && !/(^|\n)$/.test(readFileSync(file, 'utf8'));
  const descriptor = openSync(file, 'a');
  if (isCutOff) writeSync(descriptor, '\n');
  return {
    write: (text: string): void => void writeSync(descriptor, text),
    sync: (): void => fsyncSync(descriptor),
    close: (): void => closeSync(descriptor),
  };
}
