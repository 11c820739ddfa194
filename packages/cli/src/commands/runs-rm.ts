// `espalier runs rm`: removes runs, and nothing else.
import { realpath } from 'node:fs/promises';
import { checkRemovable, removeRun } from '@espalier/node';
import type { RunsRmDocument } from '../documents/runs-rm-document.ts';
import { formatRunsRm } from '../report/runs-rm-report.ts';
import type { RunCommand } from './command.ts';
import { findRun } from './find-run.ts';

/** Runs the command. */
export const runRunsRm: RunCommand<'runs rm'> = async ({ arguments: names, options, sources, terminal }) => {
  // A config file that lets runs be replaced must not let them be removed while they are written.
  const force = options.force && sources.force === 'flag';
  const paths = new Set<string>();
  for (const name of names) paths.add(await realpath(await findRun(name)));
  // All or none: what cannot be removed is found out before the first one is.
  for (const path of force ? [] : paths) await checkRemovable(path);
  const removed: RunsRmDocument['removed'] = [];
  for (const run of paths) {
    const { freed, left } = await removeRun(run, { force });
    removed.push({ run, freed, left: [...left] });
  }
  const document: RunsRmDocument = {
    schema: 'espalier/runs-rm@1',
    removed,
    freed: removed.reduce((sum, { freed }) => sum + freed, 0),
  };
  return { document, lines: formatRunsRm(document, terminal.paint) };
};
