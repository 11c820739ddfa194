// Augmentation as people write it: `crop=4,flip,jitter=0.2,cutout=8,scale=0.5..1.5`, `none`, or the same keys in YAML.
import { EspalierError } from '../errors.ts';
import { suggestName } from '../suggest-name.ts';
import { type Augment, NO_AUGMENT } from './augment.ts';

const JITTERS = ['brightness', 'contrast', 'saturation'] as const;

/** Reads one key's value into the fields it sets; undefined for what it cannot be. */
const KEYS: Readonly<Record<string, (value: unknown) => Partial<Augment> | undefined>> = {
  crop: (value) => wrap('crop', parsePixels(value)),
  flip: (value) => wrap('flip', parseSwitch(value)),
  jitter: (value) => {
    const deviation = parseDeviation(value);
    if (deviation === undefined) return undefined;
    return { brightness: deviation, contrast: deviation, saturation: deviation };
  },
  brightness: (value) => wrap('brightness', parseDeviation(value)),
  contrast: (value) => wrap('contrast', parseDeviation(value)),
  saturation: (value) => wrap('saturation', parseDeviation(value)),
  cutout: (value) => wrap('cutout', parsePixels(value)),
  scale: (value) => wrap('scale', parseRange(value)),
};

/** One sentence that names every key and its form, for help texts. */
export const AUGMENT_HELP =
  'crop=PIXELS (random shift), flip (left to right), jitter=0..1 (or brightness=, contrast=, saturation= alone), cutout=PIXELS (blank square), ' +
  'scale=LEAST..MOST (0.1 to 10), joined by commas, or none';

/**
 * Reads augmentation from text (keys and `key=value` between commas or blanks; `none`) or from a plain object with the same keys (`flip` true or
 * false, `scale` also a list of two). What is not given does not happen; later keys win. Errors, kind `usage`: `augment.unknown-key`,
 * `augment.bad-value`.
 */
export function parseAugment(source: string | Readonly<Record<string, unknown>>): Augment {
  const given = typeof source === 'string' ? splitPairs(source) : Object.entries(source);
  let augment = NO_AUGMENT;
  for (const [key, value] of given) {
    const parse = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (!parse) throw unknownKey(key);
    const fields = parse(value);
    if (!fields) throw badValue(key, value);
    augment = { ...augment, ...fields };
  }
  return augment;
}

/** Prints augmentation in one line that `parseAugment` reads back to the same record. */
export function formatAugment(augment: Augment): string {
  const { crop, flip, brightness, contrast, saturation, cutout, scale } = augment;
  const same = brightness === contrast && contrast === saturation;
  const jitters = same
    ? [brightness > 0 && `jitter=${brightness}`]
    : JITTERS.map((key) => augment[key] > 0 && `${key}=${augment[key]}`);
  const parts = [
    crop > 0 && `crop=${crop}`,
    flip && 'flip',
    ...jitters,
    cutout > 0 && `cutout=${cutout}`,
    (scale[0] !== 1 || scale[1] !== 1) && `scale=${scale[0]}..${scale[1]}`,
  ].filter((part) => part !== false);
  return parts.join(',') || 'none';
}

function splitPairs(text: string): readonly (readonly [string, string])[] {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  if (parts.length === 1 && parts[0] === 'none') return [];
  return parts.map((part) => {
    const at = part.indexOf('=');
    return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
  });
}

function wrap<K extends keyof Augment>(key: K, value: Augment[K] | undefined): Partial<Augment> | undefined {
  return value === undefined ? undefined : ({ [key]: value } as Partial<Augment>);
}

function parseSwitch(value: unknown): boolean | undefined {
  if (value === '' || value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

function parseNumber(value: unknown, least: number, most: number): number | undefined {
  const isText = typeof value === 'string' && value.trim() !== '';
  if (typeof value !== 'number' && !isText) return undefined;
  const n = Number(value);
  return n >= least && n <= most ? n : undefined;
}

function parsePixels(value: unknown): number | undefined {
  const n = parseNumber(value, 0, 65_536);
  return Number.isInteger(n) ? n : undefined;
}

function parseDeviation(value: unknown): number | undefined {
  return parseNumber(value, 0, 1);
}

function parseRange(value: unknown): readonly [number, number] | undefined {
  const parts = typeof value === 'string' ? value.split('..') : Array.isArray(value) ? value : [];
  const [least, most] = parts.map((part) => parseNumber(part, 0.1, 10));
  return parts.length === 2 && least !== undefined && most !== undefined && least <= most
    ? [least, most]
    : undefined;
}

function unknownKey(key: string): EspalierError {
  const suggestion = suggestName(key, [...Object.keys(KEYS), 'none']);
  return new EspalierError({
    kind: 'usage',
    code: 'augment.unknown-key',
    message: `Augmentation has no key '${key}'.`,
    hint: suggestion ? `Did you mean '${suggestion}'?` : `The keys are: ${AUGMENT_HELP}.`,
  });
}

function badValue(key: string, value: unknown): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'augment.bad-value',
    message: `Augmentation '${key}' cannot be ${JSON.stringify(value)}.`,
    hint: `Its form is one of: ${AUGMENT_HELP}.`,
  });
}
