import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModel, type SearchRecord } from '@espalier/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSearchFolder } from './search-folder.ts';
import { faintNet } from './searched-net.case.ts';

let place: string;
let path: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'espalier-search-folder-'));
  path = join(place, 'run');
});
afterEach(() => rm(place, { recursive: true }));

const end: SearchRecord = { type: 'search.end', reason: 'target', best: 2 };

it('gives back what decides how a run goes on, and keeps how it first began', async () => {
  const folder = await openSearchFolder(path, { about: { command: 'espalier run' } });
  expect([folder.record, folder.past]).toEqual([undefined, []]);
  await folder.describe({ seed: 1 });
  folder.append(end);
  folder.close();
  const again = await openSearchFolder(path, { resume: true, about: { command: 'other' } });
  await again.describe({ seed: 1 });
  again.close();
  expect(again.past).toEqual([end]);
  const record = { schema: 'espalier/run@1', about: { command: 'espalier run' }, settings: { seed: 1 } };
  expect(again.record).toEqual(record);
  expect(JSON.parse(await readFile(join(path, 'run.json'), 'utf8'))).toEqual(record);
});

it('holds models and texts, and writes over its own', async () => {
  const folder = await openSearchFolder(path);
  for (let i = 0; i < 2; i++) {
    await folder.saveModel('step-0', faintNet());
    await folder.saveText('report.md', `# ${i}`);
  }
  folder.close();
  expect(folder.modelPath('step-0')).toBe(join('models', 'step-0.onnx'));
  expect(await readFile(join(path, folder.modelPath('step-0')))).toEqual(
    Buffer.from(encodeModel(faintNet())),
  );
  expect(await readFile(join(path, 'report.md'), 'utf8')).toBe('# 1');
});

it('is replaced as a whole, and only when it is told to', async () => {
  const folder = await openSearchFolder(path);
  await folder.describe({});
  folder.append(end);
  await folder.saveModel('step-7', faintNet());
  await folder.saveText('history.json', '{}');
  folder.close();
  await expect(openSearchFolder(path)).rejects.toMatchObject({ code: 'io.exists' });
  const fresh = await openSearchFolder(path, { force: true });
  fresh.close();
  expect(fresh.past).toEqual([]);
  expect(await readFile(join(path, 'events.jsonl'), 'utf8')).toBe('');
  for (const file of ['run.json', 'history.json', 'models/step-7.onnx']) {
    expect(existsSync(join(path, file))).toBe(false);
  }
});

it('makes room for itself where a run failed before it had judged anything, and nothing else lies', async () => {
  const failed = await openSearchFolder(path);
  await failed.describe({ seed: 1 });
  failed.close();
  const again = await openSearchFolder(path);
  expect(existsSync(join(path, 'run.json'))).toBe(false);
  again.close();
  await writeFile(join(path, 'notes.txt'), 'mine');
  await expect(openSearchFolder(path)).rejects.toMatchObject({ code: 'io.exists' });
});

it('cannot be resumed where nothing began', async () => {
  await expect(openSearchFolder(path, { resume: true })).rejects.toMatchObject({ code: 'run.missing' });
  expect(existsSync(path)).toBe(false);
});
