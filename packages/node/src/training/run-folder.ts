// The folder of a training: what it was asked, what happened, where it stands, and its models. After a kill at any moment it can be gone on from.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Model } from '@espalier/core';
import { writeModel } from '../models/write-model.ts';
import { claimRun } from '../runs/claim-run.ts';
import { RUN_PATHS } from '../runs/run-files.ts';
import {
  type RunFolderOptions,
  type RunRecord,
  type RunSettings,
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

/** Opens a run folder and makes it if need be. Errors: those of `claimRun` and `readCheckpoint`. */
export async function openRunFolder(
  path: string,
  { resume = false, force = false, about = {} }: RunFolderOptions = {},
): Promise<RunFolder> {
  const { record, journal, close } = await claimRun<TrainingRecord>(path, { resume, force });
  const checkpointFile = join(path, 'checkpoint.bin');
  const saveModel = async (name: string, model: Model): Promise<void> => {
    await writeModel(join(path, RUN_PATHS.models, name), model, { force: true });
  };
  try {
    // Killed before its first checkpoint, a run has lost nothing but its beginning.
    const checkpoint =
      resume && existsSync(checkpointFile) ? await readCheckpoint(checkpointFile) : undefined;
    return {
      path,
      record,
      checkpoint,
      store: {
        async save(saved) {
          journal.sync();
          await writeCheckpoint(checkpointFile, saved);
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
        await writeRunRecord(path, written);
      },
      append(event) {
        if (!FLEETING.includes(event.type)) journal.write(event);
      },
      saveLast: (model) => saveModel('last.onnx', model),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
