import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { claimRun } from './claim-run.ts';
import { readJournal } from './journal.ts';
import { type RunRecord, writeRunRecord } from './run-record.ts';

let place: string;
let path: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'espalier-claim-'));
  path = join(place, 'runs', 'a');
});
afterEach(() => rm(place, { recursive: true }));

const record: RunRecord = { schema: 'espalier/run@1', about: {}, settings: { seed: 1 } };

/** A run that has come somewhere, and a file of somebody else beside it. */
async function leaveRun(): Promise<void> {
  const run = await claimRun(path);
  await writeRunRecord(path, record);
  run.journal.write({ type: 'a' });
  run.close();
  await writeFile(join(path, 'models', 'best.onnx'), 'weights');
  await writeFile(join(path, 'notes.txt'), 'mine');
}

it('makes the folder, and gives it free again', async () => {
  const run = await claimRun(path);
  expect(run.record).toBeUndefined();
  expect((await readdir(path)).sort()).toEqual(['events.jsonl', 'models', 'run.lock']);
  run.close();
  expect(await readdir(path)).not.toContain('run.lock');
});

it('is refused while another has it, whatever is asked', async () => {
  await leaveRun();
  const run = await claimRun(path, { resume: true });
  expect(run.record).toEqual(record);
  for (const wish of [{}, { resume: true }, { force: true }]) {
    await expect(claimRun(path, wish)).rejects.toMatchObject({ code: 'run.locked' });
  }
  run.close();
});

it('never replaces a run unless it is told to, and then nothing but that run', async () => {
  await leaveRun();
  await expect(claimRun(path)).rejects.toMatchObject({ kind: 'io', code: 'io.exists' });
  expect(await readdir(path)).not.toContain('run.lock');
  (await claimRun(path, { force: true })).close();
  expect((await readdir(path)).sort()).toEqual(['events.jsonl', 'models', 'notes.txt']);
  expect(await readdir(join(path, 'models'))).toEqual([]);
  expect(readJournal(join(path, 'events.jsonl'))).toEqual([]);
});

it('takes the place of a run that never got anywhere, where nothing else lies', async () => {
  const run = await claimRun(path);
  run.journal.write({ type: 'note' });
  run.close();
  await writeFile(join(path, '.run.json.0123456789ab.tmp'), '{"sch');
  (await claimRun(path)).close();
  expect((await readdir(path)).sort()).toEqual(['events.jsonl', 'models']);
  await writeFile(join(path, 'notes.txt'), 'mine');
  await expect(claimRun(path)).rejects.toMatchObject({ code: 'io.exists' });
});

it('leaves nothing behind where there is nothing to resume', async () => {
  await expect(claimRun(path, { resume: true })).rejects.toMatchObject({ code: 'run.missing' });
  expect(existsSync(path)).toBe(false);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'run.json'), '{}');
  await expect(claimRun(path, { resume: true })).rejects.toMatchObject({ code: 'run.damaged' });
  expect(await readdir(path)).toEqual(['run.json']);
});

it('says so where a file is in the way', async () => {
  await writeFile(join(place, 'runs'), '');
  await expect(claimRun(path)).rejects.toMatchObject({ kind: 'io', code: 'io.write-failed' });
});
