import { join } from 'node:path';
import { expect, it } from 'vitest';
import { plainPaint } from '../output/paint.ts';
import { formatRunsRm } from './runs-rm-report.ts';

const run = (name: string, freed: number, left: string[] = []) => ({
  run: join(process.cwd(), name),
  freed,
  left,
});

it('says what was freed, and what stays', () => {
  const removed = [run('runs/a', 1_000_000), run('runs/b', 2_000_000, ['notes.txt'])];
  expect(formatRunsRm({ schema: 'espalier/runs-rm@1', removed, freed: 3_000_000 }, plainPaint)).toEqual([
    'removed runs/a, 1.00 MB freed',
    'removed runs/b, 2.00 MB freed',
    'runs/b stays: it holds notes.txt, which is not of the run.',
    '2 runs, 3.00 MB freed in all',
  ]);
});
