// `runs list` as text.
import { basename } from 'node:path';
import type { RunField } from '../documents/run-field.ts';
import type { RunsListDocument } from '../documents/runs-list-document.ts';
import { formatDate } from '../output/dates.ts';
import type { Paint } from '../output/paint.ts';
import { shortPath } from '../output/short-path.ts';
import { formatTable } from '../output/text-table.ts';
import { formatBytes, formatNumberOf, formatPercent, formatScore } from '../output/units.ts';
import { formatState } from './run-state.ts';

/** Lines of the report: one row per run, what cannot be read, what to do next. */
export function formatRunsList(
  { folder, runs, unreadable, next }: RunsListDocument,
  paint: Paint,
): readonly string[] {
  const bytes = runs.reduce((sum, run) => sum + run.bytes, 0);
  return [
    ...(runs.length === 0 ? [`There are no runs in ${shortPath(folder)}.`] : formatRuns(runs, paint)),
    ...(runs.length > 1 ? ['', `${formatNumberOf(runs.length, 'run')}, ${formatBytes(bytes)}`] : []),
    ...(unreadable.length === 0 ? [] : ['', ...unreadable.map(({ message }) => paint.yellow(message))]),
    '',
    `next: ${paint.bold(next)}`,
  ];
}

/** The table of runs: how they stand, and their best numbers. */
export function formatRuns(runs: readonly RunField[], paint: Paint): readonly string[] {
  const right = 'right' as const;
  const [heads = '', ...rows] = formatTable(
    [
      { head: 'run' },
      { head: 'command' },
      { head: 'model' },
      { head: 'began' },
      { head: 'state' },
      { head: 'steps', align: right },
      { head: 'MACs', align: right },
      { head: 'params', align: right },
      { head: 'metric' },
      { head: 'before', align: right },
      { head: 'after', align: right },
      { head: 'drop', align: right },
      { head: 'size', align: right },
    ],
    runs.map((run) => {
      const { metric, before, after, drop, macs, params } = run.metrics;
      return [
        run.run,
        run.command ?? '-',
        run.model === null ? '-' : basename(run.model),
        formatDate(run.startedAt),
        formatState(run),
        String(run.steps),
        macs === null ? '-' : formatPercent(macs),
        params === null ? '-' : formatPercent(params),
        metric ?? '-',
        formatScore(before),
        formatScore(after),
        drop === null ? '-' : drop.toFixed(4),
        formatBytes(run.bytes),
      ];
    }),
  );
  return [paint.bold(heads), ...rows];
}
