// `espalier runs list`: every run and training below a folder.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { listRuns } from '@espalier/node';
import { describeRun } from '../describe/describe-run.ts';
import type { RunsListDocument } from '../documents/runs-list-document.ts';
import { formatCommandLine } from '../options/command-line.ts';
import { shortPath } from '../output/short-path.ts';
import { formatRunsList } from '../report/runs-list-report.ts';
import type { RunCommand } from './command.ts';
import { RUNS_FOLDER } from './find-run.ts';

/** Runs the command. */
export const runRunsList: RunCommand<'runs list'> = async ({
  arguments: [folder = RUNS_FOLDER],
  terminal,
}) => {
  // Where nothing was begun yet, there is no folder of runs either.
  const isNone = folder === RUNS_FOLDER && !existsSync(folder);
  const { runs, unreadable } = isNone ? { runs: [], unreadable: [] } : await listRuns(folder);
  const described = await Promise.all(runs.map(describeRun));
  described.sort((one, other) => startOf(one) - startOf(other));
  const last = described.at(-1);
  const document: RunsListDocument = {
    schema: 'espalier/runs-list@1',
    folder: resolve(folder),
    runs: described,
    unreadable: unreadable.map(({ path, message }) => ({ run: shortPath(resolve(path)), message })),
    next: last ? formatCommandLine('runs show', [last.run], {}) : 'espalier run --help',
  };
  return { document, lines: formatRunsList(document, terminal.paint) };
};

function startOf({ startedAt, changedAt }: RunsListDocument['runs'][number]): number {
  return Date.parse(startedAt ?? changedAt);
}
