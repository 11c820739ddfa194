import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isRunName, listRunFiles, removeRunFiles } from './run-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-files-'));
  await mkdir(join(folder, 'models'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (...names: readonly string[]): Promise<unknown> =>
  Promise.all(names.map((name) => writeFile(join(folder, name), name)));

it('lists what belongs to a run, models in the order of their steps', async () => {
  await write('notes.txt', 'events.jsonl', 'run.json', 'models/step-10.onnx', 'models/step-2.onnx');
  await write('models/best.onnx', 'models/step-0.onnx', 'models/step-0.onnx.data', 'models/mine.onnx');
  expect(await listRunFiles(folder)).toEqual([
    { name: 'run.json', bytes: 8, text: 'what it was asked' },
    { name: 'events.jsonl', bytes: 12, text: 'what happened, entry by entry' },
    { name: 'models/best.onnx', bytes: 16, text: 'the best model' },
    { name: 'models/step-0.onnx', bytes: 18, text: 'the original' },
    { name: 'models/step-0.onnx.data', bytes: 23, text: 'the original, its weights' },
    { name: 'models/step-2.onnx', bytes: 18, text: 'the model of step 2' },
    { name: 'models/step-10.onnx', bytes: 19, text: 'the model of step 10' },
  ]);
  expect(await listRunFiles(join(folder, 'none'))).toEqual([]);
});

it.each([
  ['run.json', true],
  ['models', true],
  ['run.lock', true],
  ['run.lock.123', true],
  ['.run.lock.0123456789ab.tmp', true],
  ['.history.json.0123456789ab.tmp', true],
  ['.notes.txt.0123456789ab.tmp', false],
  ['notes.txt', false],
  ['step-1.onnx', false],
])('knows whether %s is of a run: %s', (name, isOwn) => expect(isRunName(name)).toBe(isOwn));

it('removes them and half-written ones, counts what that frees, and touches nothing else', async () => {
  const own = ['run.json', 'plan.json', '.plan.json.0123456789ab.tmp', 'models/step-1.onnx'];
  await write(...own, 'models/.step-2.onnx.0123456789ab.tmp', 'run.lock', 'notes.txt');
  // Every file holds its name.
  const bytes = [...own, 'models/.step-2.onnx.0123456789ab.tmp'].join('').length;
  expect(await removeRunFiles(folder)).toBe(bytes);
  expect((await readdir(folder)).sort()).toEqual(['notes.txt', 'run.lock']);
});

it('keeps a model that somebody put among those of the run', async () => {
  await write('run.json', 'models/step-1.onnx', 'models/mine.onnx');
  await removeRunFiles(folder);
  expect(await readdir(join(folder, 'models'))).toEqual(['mine.onnx']);
});
