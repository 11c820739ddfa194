// `espalier runs show`: one run, whole.
import { readRun } from '@espalier/node';
import { describeWholeRun } from '../describe/describe-whole-run.ts';
import { formatRunsShow } from '../report/runs-show-report.ts';
import type { RunCommand } from './command.ts';
import { findRun } from './find-run.ts';

/** Runs the command. */
export const runRunsShow: RunCommand<'runs show'> = async (context) => {
  const document = await describeWholeRun(await readRun(await findRun(context.arguments[0]!)));
  return { document, lines: formatRunsShow(document, context.terminal.paint) };
};
