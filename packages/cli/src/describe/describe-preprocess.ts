// Preprocessing as people read it: only the values that change a pixel, and what nothing speaks for as the flag to type.
import { formatPreprocess, type Preprocess } from '@espalier/core';

/** Keys that change nothing under a way of resizing; no other way pads. */
const IDLE_KEYS: Readonly<Partial<Record<Preprocess['resize'], readonly string[]>>> = {
  none: ['filter', 'padValue'],
  stretch: ['padValue'],
  'fit-crop': ['padValue'],
};

/** `key=value` pairs as `--preprocess` takes them, without those that change nothing. */
export function describePreprocess(preprocess: Preprocess): string {
  const idle = IDLE_KEYS[preprocess.resize] ?? [];
  return pickPairs(formatPreprocess(preprocess), (key) => !idle.includes(key));
}

/** The flag that confirms or changes the `assumed` fields of a description; undefined when nothing was assumed. */
export function assumedFlag(description: string, assumed: readonly string[]): string | undefined {
  const pairs = assumedPairs(description, assumed);
  return pairs === '' ? undefined : `--preprocess "${pairs}"`;
}

/** The `assumed` fields of a description as `key=value` pairs; empty when nothing was assumed. */
export function assumedPairs(description: string, assumed: readonly string[]): string {
  // Width and height are one key of the text.
  const keys = assumed.map((field) => (field === 'width' || field === 'height' ? 'size' : field));
  return pickPairs(description, (key) => keys.includes(key));
}

function pickPairs(pairs: string, isWanted: (key: string) => boolean): string {
  return pairs
    .split(' ')
    .filter((pair) => isWanted(pair.slice(0, pair.indexOf('='))))
    .join(' ');
}
