// Values of `sensitivity` and `run` that are more than a number.
import { EspalierError, SCORE_MEASURES, type ScoreMeasure } from '@espalier/core';
import type { CostTarget, SearchWish } from '@espalier/node';
import { parseLatencyTarget } from './latency-device.ts';

/** `1%`, `0.5 %` or `0.01` as a number of [0, 1), or of (0, 1) where 0 means nothing. Error, kind usage: `options.bad-share`. */
export function parseShare(flag: string, text: string, { zero = true } = {}): number {
  const [, digits, percent] = /^\s*(\d*\.?\d+)\s*(%?)\s*$/.exec(text) ?? [];
  const value = Number(digits) / (percent === '%' ? 100 : 1);
  if (digits !== undefined && value < 1 && (zero || value > 0)) return value;
  throw new EspalierError({
    kind: 'usage',
    code: 'options.bad-share',
    message: `${flag} cannot be '${text}'.`,
    hint: `Write a share ${zero ? '' : 'above 0 and '}below 1, as 1% or 0.01.`,
  });
}

/** `macs=0.4` or `latency=12ms`. Errors, kind usage: `run.bad-target`, also where there is none; `latency.bad-target`. */
export function parseTarget(text: string | undefined): SearchWish {
  const [, latency] = /^latency=(.*)$/.exec(text ?? '') ?? [];
  if (latency !== undefined) {
    const wish = parseLatencyTarget(latency);
    return { measure: 'latency', ...('ms' in wish ? wish : { kept: wish.fraction }) };
  }
  const [, measure, digits] = /^(macs|params)=(\d*\.?\d+)$/.exec(text ?? '') ?? [];
  const kept = Number(digits);
  if (measure !== undefined && kept > 0 && kept < 1)
    return { measure: measure as CostTarget['measure'], kept };
  throw new EspalierError({
    kind: 'usage',
    code: 'run.bad-target',
    message: text === undefined ? 'Nothing says where the run should end.' : `--target cannot be '${text}'.`,
    hint: 'Say what is to be left of the original: --target macs=0.4, params=0.5 or latency=12ms.',
  });
}

/** `macs,params` or `latency`; undefined where nothing is said. Error, kind usage: `run.bad-score`. */
export function parseMeasures(texts: readonly string[]): readonly ScoreMeasure[] | undefined {
  const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim());
  const odd = names.find((name) => !(SCORE_MEASURES as readonly string[]).includes(name));
  if (odd === undefined)
    return names.length > 0 ? (names as readonly string[] as readonly ScoreMeasure[]) : undefined;
  throw new EspalierError({
    kind: 'usage',
    code: 'run.bad-score',
    message: `--score-by cannot be '${odd}'.`,
    hint: `Write one or several of ${SCORE_MEASURES.join(', ')}.`,
  });
}

/** Rates of probes, above 0, rising. Error, kind usage: `options.bad-share`. */
export function parseRates(texts: readonly string[]): readonly number[] {
  const rates = texts
    .flatMap((text) => text.split(','))
    .map((text) => parseShare('--rates', text, { zero: false }));
  return [...new Set(rates)].sort((a, b) => a - b);
}
