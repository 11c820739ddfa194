// What can be done with a run: its result, the command that goes on with it, and the one that makes sense now.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Run } from '@espalier/node';
import { TOLD_AGAIN } from '../commands/data-source.ts';
import { formatCommandLine, quoteWord } from '../options/command-line.ts';
import { shortPath } from '../output/short-path.ts';
import { startOf } from './describe-run.ts';

/** Ends that come only of a limit: with a higher one a run of cuts goes on. */
const LIMITS: ReadonlySet<string> = new Set(['iterations', 'time']);

/** Absolute path of the best model so far; null where there is none yet. */
export function resultOf(run: Run): string | null {
  // Before a run has ended, its `best.onnx` is that of an earlier end.
  const isOnTheWay = run.kind === 'search' && run.standing.state !== 'ended';
  const name = isOnTheWay ? run.search.steps.at(-1)?.model : join('models', 'best.onnx');
  const path = name === undefined ? undefined : resolve(run.path, name);
  return path !== undefined && existsSync(path) ? path : null;
}

/** The command that goes on; null while it is running, where nothing is left to do, and where the record does not tell. */
export function resumeOf(run: Run): string | null {
  const { standing } = run;
  const isLimited = standing.state === 'ended' && run.kind === 'search' && LIMITS.has(standing.reason);
  if (standing.state !== 'interrupted' && !isLimited) return null;
  const { resume, folder } = startOf(run);
  if (resume === undefined) return null;
  return folder === undefined || folder === process.cwd() ? resume : `(cd ${quoteWord(folder)} && ${resume})`;
}

/** What was interrupted goes on; a result is looked at on the data it was judged by. */
export function suggestNext(run: Run): string | null {
  if (run.standing.state === 'interrupted') return resumeOf(run);
  const result = resultOf(run);
  return run.standing.state === 'running' || result === null ? null : evalOf(run, result);
}

/** The command that looks at a model of a run beside the original, on the data it was judged by; null where the record does not tell them. */
export function evalOf(run: Run, model: string): string | null {
  const { options } = startOf(run);
  const { settings } = run.record;
  const data = settings.evalData ?? settings['eval-data'] ?? settings.data;
  if (options === undefined || typeof data !== 'string') return null;
  const original = join(run.path, 'models', 'step-0.onnx');
  return formatCommandLine('eval', [shortPath(model)], {
    ...Object.fromEntries(TOLD_AGAIN.map((flag) => [flag, options[flag]])),
    ...(options.evalSplit !== undefined && { split: options.evalSplit }),
    data: shortPath(data),
    ...(existsSync(original) && { reference: shortPath(resolve(original)) }),
  });
}
