// Which files a run folder consists of: only these are ever listed, replaced or removed, whatever else lies there.
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_LOCK } from './run-lock.ts';

/** Paths of what every run has, relative to its folder. */
export const RUN_PATHS = { record: 'run.json', events: 'events.jsonl', models: 'models' } as const;

/** The files of a run but for its models, and what is in them. */
const FILES: Readonly<Record<string, string>> = {
  [RUN_PATHS.record]: 'what it was asked',
  [RUN_PATHS.events]: 'what happened, entry by entry',
  'checkpoint.bin': 'where the training stands',
  'results.csv': 'the numbers of every step',
  'history.json': 'channels of the original that are left, by layer',
  'plan.json': 'the same as a plan for `prune --plan`',
  'report.json': 'what the report needs beside the entries',
  'report.md': 'the report as text',
  'report.html': 'the report as a page',
};

const MODEL = /^(step-\d+|best|last)\.onnx(\.data)?$/;

/** One file of a run. */
export interface RunFile {
  /** Path relative to the run folder, with slashes. */
  readonly name: string;
  readonly bytes: number;
  /** What it is, one phrase. */
  readonly text: string;
}

/** Whether a name right in a run folder is one of a run's own: a file, the folder of its models, its lock. */
export function isRunName(name: string): boolean {
  return name === RUN_PATHS.models || isLockName(name) || ownName(name, (each) => each in FILES);
}

/** The files of a run with their sizes: the models in the order of their steps come last. */
export async function listRunFiles(path: string): Promise<readonly RunFile[]> {
  const found: RunFile[] = [];
  const add = async (name: string, text: string): Promise<void> => {
    const bytes = await stat(join(path, name)).then(
      ({ size }) => size,
      () => undefined,
    );
    if (bytes !== undefined) found.push({ name, bytes, text });
  };
  for (const [name, text] of Object.entries(FILES)) await add(name, text);
  const models = (await namesIn(join(path, RUN_PATHS.models))).filter((name) => MODEL.test(name));
  models.sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
  for (const name of models) await add(`${RUN_PATHS.models}/${name}`, describeModel(name));
  return found;
}

/**
 * Removes the files of a run, what a kill left of their writing too, but neither its lock nor anything else, and returns how many bytes that freed. The
 * record goes last: until then it is still a run, which can be removed again.
 */
export async function removeRunFiles(path: string): Promise<number> {
  let freed = 0;
  const remove = async (file: string): Promise<void> => {
    freed += (await stat(file)).size;
    await rm(file);
  };
  const models = join(path, RUN_PATHS.models);
  for (const name of await namesIn(models)) {
    if (ownName(name, (each) => MODEL.test(each))) await remove(join(models, name));
  }
  await rmdir(models).catch(() => {});
  const names = (await namesIn(path)).filter((name) => ownName(name, (each) => each in FILES));
  const isRecord = (name: string): number => (name === RUN_PATHS.record ? 1 : 0);
  for (const name of names.sort((one, other) => isRecord(one) - isRecord(other))) {
    await remove(join(path, name));
  }
  return freed;
}

function describeModel(name: string): string {
  const data = name.endsWith('.data') ? ', its weights' : '';
  if (name.startsWith('best')) return `the best model${data}`;
  if (name.startsWith('last')) return `the model after the last step${data}`;
  const step = /\d+/.exec(name)![0];
  return `${step === '0' ? 'the original' : `the model of step ${step}`}${data}`;
}

function isLockName(name: string): boolean {
  return name.startsWith(`${RUN_LOCK}.`) || ownName(name, (each) => each === RUN_LOCK);
}

/** Files are written under a temporary name first, which a kill leaves behind. */
function ownName(name: string, isOwn: (name: string) => boolean): boolean {
  return isOwn(/^\.(.+)\.[0-9a-f]{12}\.tmp$/.exec(name)?.[1] ?? name);
}

async function namesIn(path: string): Promise<readonly string[]> {
  return readdir(path).catch(() => []);
}
