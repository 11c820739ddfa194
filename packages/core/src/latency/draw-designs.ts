// Choices of widths that show how a model's latency depends on them: the whole model, evenly narrower ones, and random mixtures.
import type { Random } from '../random.ts';

/** Evenly narrowed designs: levels at these fractions of every menu. */
const EVEN = [0, 0.5, 1] as const;

/**
 * `count` designs, each a level per menu: level 0 everywhere, the middle and the last level everywhere, and the others at random. Mixtures give every
 * layer pairs of widths that an even cut never has. `lengths`: levels of each menu.
 */
export function drawDesigns(
  lengths: readonly number[],
  count: number,
  random: Random,
): readonly (readonly number[])[] {
  return Array.from({ length: count }, (_, design) => {
    const even = EVEN[design];
    return lengths.map((length) =>
      even === undefined ? random.integer(length) : Math.round(even * (length - 1)),
    );
  });
}
