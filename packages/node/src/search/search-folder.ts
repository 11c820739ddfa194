// The folder of a search: what it was asked, the journal that is the truth about it, and the model of every step.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model, SearchRecord } from '@espalier/core';
import { writeFileAtomic } from '../models/write-file-atomic.ts';
import { writeModel } from '../models/write-model.ts';
import { claimRun } from '../runs/claim-run.ts';
import { readJournal } from '../runs/journal.ts';
import { RUN_PATHS } from '../runs/run-files.ts';
import {
  type RunFolderOptions,
  type RunRecord,
  type RunSettings,
  writeRunRecord,
} from '../runs/run-record.ts';

/** An open folder of a search. Close it. */
export interface SearchFolder {
  readonly path: string;
  /** What an earlier start left, when it is resumed. */
  readonly record: RunRecord | undefined;
  readonly past: readonly SearchRecord[];
  /** Writes `run.json`. */
  describe(settings: RunSettings): Promise<void>;
  /** Adds an entry to `events.jsonl`; when this returns, it is on the disk. */
  append(entry: SearchRecord): void;
  /** Path of a model, relative to the folder. */
  modelPath(name: string): string;
  saveModel(name: string, model: Model): Promise<void>;
  /** Removes the model of that path, relative to the folder, if it is there. */
  removeModel(modelPath: string): Promise<void>;
  saveText(name: string, text: string): Promise<void>;
  close(): void;
}

/** Opens the folder of a search and makes it if need be. Errors: those of `claimRun`. */
export async function openSearchFolder(
  path: string,
  { resume = false, force = false, about = {} }: RunFolderOptions = {},
): Promise<SearchFolder> {
  const { record, journal, close } = await claimRun(path, { resume, force });
  const past = resume ? (readJournal(join(path, RUN_PATHS.events)) as readonly SearchRecord[]) : [];
  const modelPath = (name: string): string => join(RUN_PATHS.models, `${name}.onnx`);
  return {
    path,
    record,
    past,
    async describe(settings) {
      await writeRunRecord(path, { schema: 'espalier/run@1', about: record?.about ?? about, settings });
    },
    append(entry) {
      journal.write(entry);
      journal.sync();
    },
    modelPath,
    async saveModel(name, model) {
      await writeModel(join(path, modelPath(name)), model, { force: true });
    },
    async removeModel(relative) {
      // Weights may lie beside the model.
      for (const end of ['', '.data']) await rm(join(path, `${relative}${end}`), { force: true });
    },
    async saveText(name, text) {
      await writeFileAtomic(join(path, name), text, { force: true });
    },
    close,
  };
}
