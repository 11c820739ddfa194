// Preprocessing as people write it: `size=224x224 resize=fit-crop scale=1/255 mean=.485,.456,.406`, or the same keys in YAML.
import { EspalierError } from '../errors.ts';
import { RESIZE_MODES } from './placement.ts';
import { CHANNEL_MODES, type Preprocess } from './preprocess.ts';

const KEYS = [
  'size',
  'resize',
  'shortSide',
  'filter',
  'padValue',
  'scale',
  'mean',
  'std',
  'channels',
  'layout',
] as const;

/** One sentence that names every key and its form, for help texts. */
export const PREPROCESS_HELP =
  `size=WIDTHxHEIGHT, resize=${RESIZE_MODES.join('|')}, shortSide=PIXELS, filter=bilinear|antialias, padValue=0..255, ` +
  `scale=NUMBER (or 1/255), mean and std=NUMBER or one per channel with commas, channels=${CHANNEL_MODES.join('|')}, ` +
  'layout=nchw|nhwc';

/**
 * Reads preprocessing from text (`key=value` pairs between blanks) or from a plain object with the same keys (a parsed YAML or
 * JSON file; lists may be arrays, `size` also one number). Keys that are not given keep the value of `base`, usually the guess.
 * Errors, kind `usage`: `preprocess.unknown-key`, `preprocess.bad-value`.
 */
export function parsePreprocess(
  source: string | Readonly<Record<string, unknown>>,
  base: Preprocess,
): Preprocess {
  const given = typeof source === 'string' ? splitPairs(source) : source;
  for (const key of Object.keys(given)) {
    if (!(KEYS as readonly string[]).includes(key)) {
      throw new EspalierError({
        kind: 'usage',
        code: 'preprocess.unknown-key',
        message: `Preprocessing has no key '${key}'.`,
        hint: `The keys are: ${PREPROCESS_HELP}.`,
      });
    }
  }
  const read = <T>(key: (typeof KEYS)[number], fallback: T, parse: (value: unknown) => T | undefined): T => {
    const value = given[key];
    if (value === undefined) return fallback;
    const parsed = parse(value);
    if (parsed === undefined) throw badValue(key, value);
    return parsed;
  };
  const [width, height] = read('size', [base.width, base.height] as const, parseSize);
  const resize = read('resize', base.resize, oneOf(RESIZE_MODES));
  const shortSide = read('shortSide', base.shortSide, (value) =>
    parseNumber(value, (n) => isSide(n) && n >= Math.max(width, height)),
  );
  return {
    width,
    height,
    resize,
    ...(shortSide === undefined ? {} : { shortSide }),
    filter: read('filter', base.filter, oneOf(['bilinear', 'antialias'] as const)),
    padValue: read('padValue', base.padValue, (value) => parseNumber(value, (n) => n >= 0 && n <= 255)),
    scale: read('scale', base.scale, (value) => parseNumber(value, (n) => n !== 0)),
    mean: read('mean', base.mean, (value) => parseList(value, () => true)),
    std: read('std', base.std, (value) => parseList(value, (n) => n > 0)),
    channels: read('channels', base.channels, oneOf(CHANNEL_MODES)),
    layout: read('layout', base.layout, oneOf(['nchw', 'nhwc'] as const)),
  };
}

/** Prints preprocessing in one line that `parsePreprocess` reads back to the same record. */
export function formatPreprocess(p: Preprocess): string {
  const divisor = Math.round(1 / p.scale);
  const scale = p.scale < 1 && 1 / divisor === p.scale ? `1/${divisor}` : String(p.scale);
  const values: Record<(typeof KEYS)[number], string | undefined> = {
    size: `${p.width}x${p.height}`,
    resize: p.resize,
    shortSide: p.shortSide?.toString(),
    filter: p.filter,
    padValue: String(p.padValue),
    scale,
    mean: p.mean.join(','),
    std: p.std.join(','),
    channels: p.channels,
    layout: p.layout,
  };
  return KEYS.filter((key) => values[key] !== undefined)
    .map((key) => `${key}=${values[key]}`)
    .join(' ');
}

function splitPairs(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(/\s+/).filter((part) => part !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function parseSize(value: unknown): readonly [number, number] | undefined {
  const parts = typeof value === 'string' ? value.split('x') : Array.isArray(value) ? value : [value];
  const sides = parts.map((part) => parseNumber(part, isSide));
  const [width, height = width] = sides;
  return sides.length <= 2 && width !== undefined && height !== undefined && !sides.includes(undefined)
    ? [width, height]
    : undefined;
}

function isSide(n: number): boolean {
  return Number.isInteger(n) && n >= 1 && n <= 65_536;
}

function parseNumber(value: unknown, accepts: (n: number) => boolean): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const parts = String(value).split('/');
  if (parts.length > 2 || parts.some((part) => part.trim() === '')) return undefined;
  const [above, below = 1] = parts.map(Number);
  const n = above! / below;
  return Number.isFinite(n) && accepts(n) ? n : undefined;
}

function parseList(value: unknown, accepts: (n: number) => boolean): readonly number[] | undefined {
  const parts = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value];
  const numbers = parts.map((part) => parseNumber(part, accepts)).filter((n) => n !== undefined);
  return numbers.length === parts.length && numbers.length > 0 ? numbers : undefined;
}

function oneOf<T extends string>(names: readonly T[]): (value: unknown) => T | undefined {
  return (value) => names.find((name) => name === value);
}

function badValue(key: string, value: unknown): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'preprocess.bad-value',
    message: `Preprocessing '${key}' cannot be ${JSON.stringify(value)}.`,
    hint: `Its form is one of: ${PREPROCESS_HELP}; shortSide is at least the larger side.`,
  });
}
