// From the name of a run to its folder.
import { basename, dirname, join } from 'node:path';
import { EspalierError, suggestName } from '@espalier/core';
import { findRuns, isRun } from '@espalier/node';

/** Where runs lie when nobody says otherwise. */
export const RUNS_FOLDER = 'runs';

/** More names than this are not listed in a hint. */
const SHOWN_NAMES = 8;

/** The folder of a run, by its path or its name in `runs/`. Error, kind io: `run.unknown`, with the name that may have been meant. */
export async function findRun(name: string): Promise<string> {
  const path = [name, join(RUNS_FOLDER, name)].find(isRun);
  if (path !== undefined) return path;
  const inside = await runsIn(name);
  if (inside.length > 0) {
    throw unknown(`${name} is not a run, but a folder of runs.`, `Name them one by one: ${list(inside)}.`);
  }
  const known = [...(await runsIn(RUNS_FOLDER)), ...(await runsIn(dirname(name)))];
  const near = suggestName(name, [...known, ...known.map((each) => basename(each))]);
  const hint =
    near !== undefined
      ? `Did you mean ${near}?`
      : known.length > 0
        ? `There are ${list([...new Set(known)])}.`
        : 'See `espalier runs list DIR`; a run has a run.json.';
  throw unknown(`There is no run ${name}.`, hint);
}

async function runsIn(folder: string): Promise<readonly string[]> {
  return findRuns(folder).catch(() => []);
}

function list(names: readonly string[]): string {
  const more = names.length - SHOWN_NAMES;
  return [...names.slice(0, SHOWN_NAMES), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function unknown(message: string, hint: string): EspalierError {
  return new EspalierError({ kind: 'io', code: 'run.unknown', message, hint });
}
