import { expect, it } from 'vitest';
import { runField } from '../documents/run-field.ts';
import { describeRun } from './describe-run.ts';
import { searchRun, trainedRun } from './described-runs.case.ts';

it('tells a search in short, also where its record says little', async () => {
  expect(runField.strict().parse(await describeRun(searchRun()))).toEqual({
    ...{ run: 'none', path: expect.stringMatching(/none$/), command: null, model: null, startedAt: null },
    ...{ changedAt: '2026-07-30T10:00:00.000Z', state: 'ended', reason: 'target', process: null },
    ...{ steps: 1, bytes: 0 },
    metrics: { metric: 'top1', before: 0.9, after: 0.88, drop: 0.02, macs: 0.6, params: 0.6 },
  });
});

it('tells a training in short, of whose metric less may be better', async () => {
  expect(await describeRun(trainedRun())).toMatchObject({
    ...{ command: 'train', state: 'interrupted', reason: null, steps: 20 },
    metrics: { metric: 'loss', before: 0.5, after: 0.75, drop: 0.25, macs: null, params: null },
  });
});

it('tells a run that has judged nothing yet, and who writes to it', async () => {
  const holder = { pid: 7, host: 'here', since: '2026-07-30T09:00:00.000Z', born: null };
  const run = await describeRun(searchRun({}, [], { state: 'running', holder }));
  expect(run).toMatchObject({
    state: 'running',
    steps: 0,
    metrics: { metric: null, before: null, macs: null },
  });
  expect(run.process).toEqual({ pid: 7, host: 'here', since: '2026-07-30T09:00:00.000Z' });
});
