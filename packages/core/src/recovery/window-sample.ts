// Which output positions of a sliding kernel are looked at, and where in the input their patches lie: tables of indices for Gather.
import type { Window } from '../ops/linear/linear-layer.ts';
import type { Random } from '../random.ts';

/** Index tables of one axis. */
export interface WindowSample {
  /** Chosen output positions, ascending. */
  readonly at: Int32Array;
  /** taps × positions: the input position each tap reads; `inputLength` for padding. */
  readonly reads: Int32Array;
}

/**
 * How many positions of each axis to take so that about `wanted` positions of the whole grid are, in proportion to the axes' lengths; at least
 * one, at most all.
 */
export function sampleSizes(lengths: readonly number[], wanted: number): readonly number[] {
  const all = lengths.reduce((product, length) => product * length, 1);
  const share = Math.min((wanted / all) ** (1 / Math.max(lengths.length, 1)), 1);
  return lengths.map((length) => Math.min(Math.max(Math.ceil(length * share), 1), length));
}

/** Draws `count` of `length` output positions of an axis whose input is `inputLength` long. */
export function sampleWindow(
  { taps, reads }: Window,
  length: number,
  inputLength: number,
  count: number,
  random: Random,
): WindowSample {
  const at = drawPositions(length, count, random);
  const table = new Int32Array(taps * count);
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < count; i++) {
      const from = reads(tap, at[i]!);
      table[tap * count + i] = from >= 0 && from < inputLength ? from : inputLength;
    }
  }
  return { at, reads: table };
}

/** Distinct positions, each as likely as any other. */
function drawPositions(length: number, count: number, random: Random): Int32Array {
  const pool = Int32Array.from({ length }, (_, i) => i);
  for (let i = 0; i < count && count < length; i++) {
    const j = i + random.integer(length - i);
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  return pool.slice(0, count).sort();
}
