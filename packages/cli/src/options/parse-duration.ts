// Lengths of time as people type them.
import { EspalierError } from '@espalier/core';

const SECONDS = { h: 3600, m: 60, s: 1 } as const;

/** Seconds in `90s`, `20m`, `1h30m`. Error: `options.bad-duration` (kind usage), which names the flag. */
export function parseDuration(flag: string, text: string): number {
  const [whole, ...parts] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  const seconds = Object.values(SECONDS).reduce((sum, unit, i) => sum + unit * Number(parts[i] ?? 0), 0);
  if (whole !== undefined && seconds > 0) return seconds;
  throw new EspalierError({
    kind: 'usage',
    code: 'options.bad-duration',
    message: `${flag} cannot be '${text}'.`,
    hint: 'Write hours, minutes and seconds as 90s, 20m or 1h30m.',
  });
}
