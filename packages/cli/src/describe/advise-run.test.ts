import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run, RunStanding } from '@espalier/node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resultOf, resumeOf, suggestNext } from './advise-run.ts';
import { searchRun, trainedRun } from './described-runs.case.ts';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'espalier-advise-'));
  await mkdir(join(path, 'models'));
  for (const name of ['best', 'step-0', 'step-1']) await writeFile(join(path, 'models', `${name}.onnx`), '');
});
afterEach(() => rm(path, { recursive: true }));

const holder = { pid: 7, host: 'here', since: '2026-07-30T09:00:00.000Z', born: null };
const RUNNING: RunStanding = { state: 'running', holder };
const INTERRUPTED: RunStanding = { state: 'interrupted' };
const ended = (reason: 'target' | 'iterations'): RunStanding => ({ state: 'ended', reason });

/** A search that its record tells everything of. */
function told(standing: RunStanding, folder = process.cwd()): Run {
  const run = searchRun({ data: '/d/images', evalSplit: 'val' });
  const options = { data: 'images', evalSplit: 'val', task: 'classify', seed: 3 };
  const about = { resume: 'espalier run --resume', folder, options };
  return { ...run, path, standing, record: { ...run.record, about } };
}

it('takes the last step for the result until the run has ended', async () => {
  expect(resultOf(told(ended('target')))).toBe(join(path, 'models', 'best.onnx'));
  expect(resultOf(told(INTERRUPTED))).toBe(join(path, 'models', 'step-1.onnx'));
  expect(resultOf({ ...trainedRun(), path })).toBe(join(path, 'models', 'best.onnx'));
  await rm(join(path, 'models'), { recursive: true });
  expect(resultOf(told(INTERRUPTED))).toBeNull();
});

it('goes on with what was interrupted or used up its iterations, in the folder where it began', () => {
  expect(resumeOf(told(INTERRUPTED))).toBe('espalier run --resume');
  expect(resumeOf(told(ended('iterations'), "/it's"))).toBe(
    String.raw`(cd '/it'\''s' && espalier run --resume)`,
  );
  expect(resumeOf(told(ended('target')))).toBeNull();
  expect(resumeOf(told(RUNNING))).toBeNull();
  expect(resumeOf({ ...searchRun(), standing: INTERRUPTED })).toBeNull();
});

it('suggests to go on, or to look at the result on the data it was judged by', () => {
  expect(suggestNext(told(INTERRUPTED))).toBe('espalier run --resume');
  expect(suggestNext(told(ended('target')))).toBe(
    `espalier eval ${path}/models/best.onnx --data /d/images --split val --task classify --reference ${path}/models/step-0.onnx`,
  );
  expect(suggestNext(told(RUNNING))).toBeNull();
  expect(suggestNext({ ...searchRun(), path })).toBeNull();
});
