// The folder of a search: what it was asked, the journal that is the truth about it, and the model of every step.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model, SearchRecord } from '@espalier/core';
import { writeFileAtomic } from '../models/write-file-atomic.ts';
import { writeModel } from '../models/write-model.ts';
import { openJournal, readJournal } from '../runs/journal.ts';
import {
  makeRoom,
  type RunFolderOptions,
  type RunRecord,
  type RunSettings,
  readRunRecord,
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
  saveText(name: string, text: string): Promise<void>;
  close(): void;
}

/** Opens the folder of a search and makes it if need be. Errors: those of `makeRoom` and `readRunRecord`. */
export async function openSearchFolder(
  path: string,
  { resume = false, force = false, about = {} }: RunFolderOptions = {},
): Promise<SearchFolder> {
  const files = {
    record: join(path, 'run.json'),
    events: join(path, 'events.jsonl'),
    models: join(path, 'models'),
  };
  const products = ['history.json', 'plan.json', 'report.json', 'report.html', 'report.md'].map((name) =>
    join(path, name),
  );
  if (!resume) {
    const isFree = force || (await isBarren(path, Object.values(files), files.events));
    await makeRoom(path, [...Object.values(files), ...products], isFree);
  }
  const record = resume ? await readRunRecord<RunRecord>(path, files.record) : undefined;
  const past = resume ? (readJournal(files.events) as readonly SearchRecord[]) : [];
  await mkdir(files.models, { recursive: true });
  const journal = openJournal(files.events);
  const modelPath = (name: string): string => join('models', `${name}.onnx`);
  return {
    path,
    record,
    past,
    async describe(settings) {
      await writeRunRecord(files.record, {
        schema: 'espalier/run@1',
        about: record?.about ?? about,
        settings,
      });
    },
    append(entry) {
      journal.write(entry);
      journal.sync();
    },
    modelPath,
    async saveModel(name, model) {
      await writeModel(join(path, modelPath(name)), model, { force: true });
    },
    async saveText(name, text) {
      await writeFileAtomic(join(path, name), text, { force: true });
    },
    close: () => journal.close(),
  };
}

/** Whether all that lies there is a run that failed before it had judged anything. */
async function isBarren(path: string, files: readonly string[], events: string): Promise<boolean> {
  const found = await readdir(path).catch(() => []);
  return found.every((name) => files.includes(join(path, name))) && readJournal(events).length === 0;
}
