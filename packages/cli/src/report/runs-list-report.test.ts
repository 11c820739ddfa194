import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type RunField, runField } from '../documents/run-field.ts';
import { plainPaint } from '../output/paint.ts';
import { formatState } from './run-state.ts';
import { formatRunsList } from './runs-list-report.ts';

const began = new Date(2026, 6, 30, 12, 3).toISOString();
const search: RunField = runField.strict().parse({
  ...{ run: 'runs/a', path: '/m/runs/a', command: 'run', model: '/m/net.onnx', startedAt: began },
  ...{ changedAt: began, state: 'ended', reason: 'budget', process: null, steps: 4, bytes: 2_000_000 },
  metrics: { metric: 'top1', before: 0.9, after: 0.8, drop: 0.1, macs: 0.5, params: 0.25 },
});
const bare: RunField = {
  ...search,
  ...{ run: 'runs/b', command: null, model: null, startedAt: null, state: 'interrupted', reason: null },
  ...{ steps: 0, metrics: { metric: null, before: null, after: null, drop: null, macs: null, params: null } },
};
const list = (runs: RunField[], unreadable: { run: string; message: string }[] = []) =>
  formatRunsList(
    {
      schema: 'espalier/runs-list@1',
      folder: join(process.cwd(), 'runs'),
      runs,
      unreadable,
      next: 'espalier x',
    },
    plainPaint,
  );

it('is one row per run, with dashes for what is not known', () => {
  expect(list([search, bare])).toEqual([
    'run     command  model     began             state         steps    MACs  params  metric  before   after    drop     size',
    'runs/a  run      net.onnx  2026-07-30 12:03  budget spent      4  50.0 %  25.0 %  top1    0.9000  0.8000  0.1000  2.00 MB',
    'runs/b  -        -         -                 interrupted       0       -       -  -            -       -       -  2.00 MB',
    '',
    '2 runs, 4.00 MB',
    '',
    'next: espalier x',
  ]);
});

it('says where there are none, and what it could not read', () => {
  expect(list([], [{ run: 'runs/c', message: 'The run record is damaged.' }])).toEqual([
    ...['There are no runs in runs.', '', 'The run record is damaged.', '', 'next: espalier x'],
  ]);
});

it('has a word for every end', () => {
  const reasons = runField.shape.reason.unwrap().options;
  const words = reasons.map((reason) => formatState({ state: 'ended', reason }));
  expect(new Set(words).size).toBe(reasons.length);
  expect(formatState({ state: 'running', reason: null })).toBe('running');
});
