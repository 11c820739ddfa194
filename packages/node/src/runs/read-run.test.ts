import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SearchJudgement, SearchRecord, SearchStep } from '@espalier/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainingEvent } from '../training/training-events.ts';
import { claimRun } from './claim-run.ts';
import { findRuns, listRuns } from './list-runs.ts';
import { isRun, type Run, readRun } from './read-run.ts';
import { removeRun } from './remove-run.ts';
import { type RunRecord, writeRunRecord } from './run-record.ts';

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'espalier-runs-'));
});
afterEach(() => rm(place, { recursive: true }));
const at = (name: string): string => join(place, name);

const search: RunRecord = { schema: 'espalier/run@1', about: {}, settings: { seed: 1 } };
const training = { ...search, formulations: null };

const judgement: SearchJudgement = {
  ...{ metric: 'top1', higherIsBetter: true, value: 0.9, groups: [0.9, 0.9], metrics: { top1: 0.9 } },
  ...{ drop: 0, interval: null, worst: 0, samples: 10 },
};
const original: SearchStep = {
  ...{ step: 0, model: 'models/step-0.onnx', cost: { macs: 2, params: 2, activationBytes: 2 }, judgement },
  ...{ groups: [], history: {}, stale: [], proof: null },
};
const begun: SearchRecord = { type: 'search.step', step: original };
const stop: SearchRecord = { type: 'search.stop', reason: 'budget' };
const end: SearchRecord = { type: 'search.end', reason: 'budget', best: 0 };
const stopped = (reason: 'steps' | 'interrupted'): TrainingEvent => ({
  type: 'training.stopped',
  step: 9,
  reason,
});

async function leave(name: string, record: RunRecord, ...entries: readonly unknown[]): Promise<string> {
  const run = await claimRun(at(name));
  await writeRunRecord(at(name), record);
  for (const entry of entries) run.journal.write(entry);
  run.close();
  return at(name);
}

const standing = async (run: Promise<string>): Promise<Run['standing']> =>
  (await readRun(await run)).standing;

describe('readRun', () => {
  it('tells a search, and how it stands', async () => {
    const run = await readRun(await leave('a', search, begun, stop, end));
    expect(run).toMatchObject({
      kind: 'search',
      record: search,
      standing: { state: 'ended', reason: 'budget' },
    });
    expect(run.kind === 'search' && run.search.steps).toEqual([original]);
    expect(Date.parse(run.changedAt)).not.toBeNaN();
    expect(await standing(leave('b', search, begun))).toEqual({ state: 'interrupted' });
    // Cut off in its last training.
    expect(await standing(leave('c', search, begun, stop))).toEqual({ state: 'interrupted' });
    expect(await standing(leave('d', search))).toEqual({ state: 'interrupted' });
  });

  it('tells a training, and how it stands', async () => {
    const run = await readRun(await leave('a', training, stopped('steps')));
    expect(run).toMatchObject({ kind: 'training', standing: { state: 'ended', reason: 'steps' } });
    expect(await standing(leave('b', training, stopped('interrupted')))).toEqual({ state: 'interrupted' });
    expect(await standing(leave('c', training))).toEqual({ state: 'interrupted' });
  });

  it('says who writes to it, and changes nothing', async () => {
    await leave('a', search, begun, stop, end);
    const open = await claimRun(at('a'), { resume: true });
    const before = await readdir(at('a'));
    const holder = { pid: process.pid, host: hostname() };
    expect((await readRun(at('a'))).standing).toMatchObject({ state: 'running', holder });
    expect(await readdir(at('a'))).toEqual(before);
    open.close();
  });

  it('passes over what it does not know', async () => {
    const run = await readRun(await leave('a', search, 7, null, { type: 'of tomorrow' }, begun));
    expect(run.kind === 'search' && run.search.steps).toEqual([original]);
  });

  it('needs a run', async () => {
    await expect(readRun(at('none'))).rejects.toMatchObject({ code: 'run.missing' });
    expect(isRun(at('none'))).toBe(false);
  });
});

describe('listRuns', () => {
  it('finds every run at and below a folder, and says what it cannot read', async () => {
    for (const name of ['b/run-10', 'b/run-2', 'a', '.hidden/x', 'node_modules/y']) await leave(name, search);
    await mkdir(at('c/d'), { recursive: true });
    await writeFile(at('c/run.json'), '{"schema":"of tomorrow"}');
    expect(await findRuns(place)).toEqual(['a', 'b/run-2', 'b/run-10', 'c'].map(at));
    const { runs, unreadable } = await listRuns(place);
    expect(runs.map(({ path }) => path)).toEqual(['a', 'b/run-2', 'b/run-10'].map(at));
    expect(unreadable).toEqual([{ path: at('c'), message: expect.stringContaining('of tomorrow') }]);
    expect(await findRuns(at('a'))).toEqual([at('a')]);
  });

  it('needs a folder', async () => {
    await expect(listRuns(at('none'))).rejects.toMatchObject({ kind: 'io', code: 'io.no-folder' });
  });
});

describe('removeRun', () => {
  it('removes a run and its folder', async () => {
    await leave('a', search, begun);
    await writeFile(at('a/run.lock'), 'left by a kill');
    expect(await removeRun(at('a'))).toEqual({ freed: expect.any(Number), left: [] });
    expect(await readdir(place)).toEqual([]);
  });

  it('leaves what else lies there', async () => {
    await leave('a', search);
    await writeFile(at('a/notes.txt'), 'mine');
    expect((await removeRun(at('a'))).left).toEqual(['notes.txt']);
    expect(await readdir(at('a'))).toEqual(['notes.txt']);
  });

  it('refuses one that is being written, unless it is told to', async () => {
    await leave('a', search);
    const open = await claimRun(at('a'), { resume: true });
    const refusal = { kind: 'io', code: 'run.locked', hint: expect.stringContaining('--force') };
    await expect(removeRun(at('a'))).rejects.toMatchObject(refusal);
    expect(isRun(at('a'))).toBe(true);
    await removeRun(at('a'), { force: true });
    expect(await readdir(place)).toEqual([]);
    open.close();
  });
});
