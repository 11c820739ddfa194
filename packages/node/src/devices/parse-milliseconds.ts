// One number from whatever a benchmark prints.

/**
 * The milliseconds in a text: what the last match of `pattern` holds in its group; without a pattern the last number followed by `ms`, and where
 * there is none, the last line that is nothing but a number. Undefined where there is no such number above 0.
 */
export function parseMilliseconds(text: string, pattern?: RegExp): number | undefined {
  const found =
    pattern === undefined ? (lastGroup(text, WITH_UNIT) ?? lastGroup(text, ALONE)) : lastGroup(text, pattern);
  const ms = Number(found);
  return found !== undefined && Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

const NUMBER = String.raw`[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?`;
const WITH_UNIT = new RegExp(String.raw`(?<![\w.])(${NUMBER})\s*ms\b`);
const ALONE = new RegExp(String.raw`^[ \t]*(${NUMBER})[ \t]*\r?$`, 'm');

function lastGroup(text: string, pattern: RegExp): string | undefined {
  const flags = pattern.flags.includes('g') ? pattern.flags : `${pattern.flags}g`;
  return [...text.matchAll(new RegExp(pattern, flags))].at(-1)?.[1];
}
