// `espalier runs report`: draws the pages of a run anew, also of one that is under way or was killed before it could.
import { join, resolve } from 'node:path';
import { EspalierError } from '@espalier/core';
import { readRun, writeFileAtomic } from '@espalier/node';
import type { RunsReportDocument } from '../documents/runs-report-document.ts';
import { shortPath } from '../output/short-path.ts';
import { formatNumberOf } from '../output/units.ts';
import { drawRunPages } from '../report/run-pages.ts';
import type { RunCommand } from './command.ts';
import { findRun } from './find-run.ts';

/** Runs the command. Error, kind usage: `run.no-page` for a training. */
export const runRunsReport: RunCommand<'runs report'> = async (context) => {
  const path = await findRun(context.arguments[0]!);
  const run = await readRun(path);
  if (run.kind === 'training') throw noPage(path);
  const { html, markdown } = await drawRunPages(path);
  const files = { page: resolve(path, 'report.html'), text: resolve(path, 'report.md') };
  await writeFileAtomic(files.page, html, { force: true });
  await writeFileAtomic(files.text, markdown, { force: true });
  const cuts = run.search.steps.filter(({ proof }) => proof !== null).length;
  const document: RunsReportDocument = {
    schema: 'espalier/runs-report@1',
    ...{ run: resolve(path), ...files, cuts },
  };
  return {
    document,
    lines: [
      `${shortPath(files.page)}: ${formatNumberOf(cuts, 'accepted cut')}, ${run.standing.state}`,
      `the same as text: ${shortPath(join(path, 'report.md'))}`,
    ],
  };
};

function noPage(path: string): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'run.no-page',
    message: `The run ${path} is a training, which has no page.`,
    hint: `See it with \`espalier runs show ${path}\`.`,
  });
}
