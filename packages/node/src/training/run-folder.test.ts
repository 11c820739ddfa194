import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkSameSettings } from '../runs/run-record.ts';
import { openRunFolder } from './run-folder.ts';
import { initialState, toCheckpoint } from './training-state.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-run-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string): string => join(folder, 'run', name);
const checkpoint = toCheckpoint(initialState({ weights: Float32Array.of(1, 2, 3) }), 16);

it('gives back what it was given', async () => {
  const run = await openRunFolder(join(folder, 'run'), { about: { command: 'espalier train' } });
  expect(run.record).toBeUndefined();
  await run.describe({ lr: 0.1 }, null);
  await run.store.save(checkpoint);
  run.append({ type: 'training.saved', step: 0 });
  run.append({ type: 'training.preparing' });
  run.close();
  const again = await openRunFolder(join(folder, 'run'), { resume: true, about: { command: 'other' } });
  expect(again.record).toEqual({
    schema: 'espalier/run@1',
    about: { command: 'espalier train' },
    settings: { lr: 0.1 },
    formulations: null,
  });
  expect(again.checkpoint).toEqual(checkpoint);
  again.close();
  expect(await readFile(at('events.jsonl'), 'utf8')).toBe('{"type":"training.saved","step":0}\n');
});

it('begins a new line after one that a kill cut off', async () => {
  const run = await openRunFolder(join(folder, 'run'));
  await run.describe({}, null);
  run.close();
  await appendFile(at('events.jsonl'), '{"type":"train');
  const again = await openRunFolder(join(folder, 'run'), { resume: true });
  expect(again.checkpoint).toBeUndefined();
  again.append({ type: 'training.saved', step: 1 });
  again.close();
  expect(await readFile(at('events.jsonl'), 'utf8')).toBe(
    '{"type":"train\n{"type":"training.saved","step":1}\n',
  );
});

it('is never written over unless it is told to', async () => {
  const run = await openRunFolder(join(folder, 'run'));
  await run.describe({}, null);
  run.append({ type: 'training.saved', step: 1 });
  run.close();
  const refusal = { kind: 'io', code: 'io.exists', hint: expect.stringContaining('--resume') };
  await expect(openRunFolder(join(folder, 'run'))).rejects.toMatchObject(refusal);
  const fresh = await openRunFolder(join(folder, 'run'), { force: true });
  fresh.close();
  expect(await readFile(at('events.jsonl'), 'utf8')).toBe('');
});

it('says what is wrong with a run that is to be resumed', async () => {
  await expect(openRunFolder(join(folder, 'none'), { resume: true })).rejects.toMatchObject({
    code: 'run.missing',
  });
  const run = await openRunFolder(join(folder, 'run'));
  await run.describe({}, null);
  await run.store.save(checkpoint);
  run.close();
  await writeFile(at('checkpoint.bin'), 'short');
  await expect(openRunFolder(join(folder, 'run'), { resume: true })).rejects.toMatchObject({
    code: 'checkpoint.damaged',
  });
  await writeFile(at('run.json'), '{}');
  await expect(openRunFolder(join(folder, 'run'), { resume: true })).rejects.toMatchObject({
    code: 'run.damaged',
  });
});

it('compares settings, absent ones too', () => {
  const record = {
    schema: 'espalier/run@1',
    about: {},
    settings: { lr: 0.1, clip: null },
    formulations: null,
  } as const;
  expect(() => checkSameSettings(record, { lr: 0.1 })).not.toThrow();
  expect(() => checkSameSettings(record, { lr: 0.1, steps: 5 })).toThrow(
    'steps is 5 now and was null when it began',
  );
});
