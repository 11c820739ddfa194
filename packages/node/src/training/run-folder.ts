// The folder of a training: what it was asked, what happened, where it stands, and its models. After a kill at any moment it can be gone on from.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '@espalier/core';
import { writeModel } from '../models/write-model.ts';
import { openJournal } from '../runs/journal.ts';
import {
  makeRoom,
  type RunFolderOptions,
  type RunRecord,
  type RunSettings,
  readRunRecord,
  writeRunRecord,
} from '../runs/run-record.ts';
import { type Checkpoint, readCheckpoint, type TrainingStore, writeCheckpoint } from './checkpoint.ts';
import type { Formulations } from './choose-formulations.ts';
import type { TrainingEvent } from './training-events.ts';

/** `run.json` of a training. */
export interface TrainingRecord extends RunRecord {
  readonly formulations: Formulations | null;
}

/** An open run folder. Close it. */
export interface RunFolder {
  readonly path: string;
  /** What an earlier start left, when it is resumed. */
  readonly record: TrainingRecord | undefined;
  readonly checkpoint: Checkpoint | undefined;
  readonly store: TrainingStore;
  /** Writes `run.json`. */
  describe(settings: RunSettings, formulations: Formulations | null): Promise<void>;
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
  const record = resume ? await readRunRecord<TrainingRecord>(path, files.record) : undefined;
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
      const written: TrainingRecord = {
        schema: 'espalier/run@1',
        about: record?.about ?? about,
        settings,
        formulations,
      };
      await writeRunRecord(files.record, written);
    },
    append(event) {
      if (!FLEETING.includes(event.type)) journal.write(event);
    },
    saveLast: (model) => saveModel('last.onnx', model),
    close: () => journal.close(),
  };
}
