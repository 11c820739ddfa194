// The log of an experiment: one JSON line per result, added as results come, by one process or by several that measure different parts.
import { appendFile } from 'node:fs/promises';
import { readLines } from './page.mjs';

/** A log whose lines are told apart by the fields of `key`; of several lines of one key the last counts. */
export function openLog(url, key) {
  const keyOf = (row) => JSON.stringify(key.map((field) => row[field] ?? null));
  const rows = async () => [...new Map((await readLines(url)).map((row) => [keyOf(row), row])).values()];
  const find = async (row) => (await rows()).find((other) => keyOf(other) === keyOf(row));
  return {
    rows,
    find,
    /** The row with all that `measure` finds of it, or as the log has it already. */
    async once(row, measure) {
      const known = await find(row);
      if (known) return known;
      const found = { ...row, ...(await measure()) };
      const line = JSON.stringify(found);
      console.log(line);
      // One write in append mode, so that the lines of two processes do not mix.
      await appendFile(url, `${line}\n`);
      return found;
    },
  };
}
