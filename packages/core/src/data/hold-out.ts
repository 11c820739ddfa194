// Which samples a training never sees, so that its progress can be judged on them.
import { mixSeeds } from '../random.ts';
import { spreadByClass, spreadPositions } from './choose.ts';
import { epochOrder } from './epoch-order.ts';

/** A data set in two parts: positions to train on and positions to judge by, both ascending. */
export interface HeldOut {
  readonly train: readonly number[];
  readonly held: readonly number[];
}

/** Keeps this choice apart from the orders of epochs, which use the same seed. */
const HOLD_OUT_STREAM = 0x686f;

/**
 * At most `limit` of all positions (default: all), ascending. With `classes` (class by position) every class keeps its share, else they are spread
 * over the set.
 */
export function choosePositions(size: number, classes?: readonly number[], limit = size): readonly number[] {
  return classes ? spreadByClass(classes, limit) : spreadPositions(size, limit);
}

/**
 * Sets a share (above 0, below 1; at least one sample) of the positions aside, chosen by the seed. With `classes` (class by position of the whole
 * set) every class keeps its share on both sides.
 */
export function holdOut(
  positions: readonly number[],
  share: number,
  seed: number,
  classes?: readonly number[],
): HeldOut {
  const count = Math.max(1, Math.round(share * positions.length));
  const shuffled = Array.from(
    epochOrder(positions.length, mixSeeds(seed, HOLD_OUT_STREAM), 0),
    (place) => positions[place]!,
  );
  const places = choosePositions(
    shuffled.length,
    classes && shuffled.map((position) => classes[position]!),
    count,
  );
  const held = new Set(places.map((place) => shuffled[place]!));
  return {
    train: positions.filter((position) => !held.has(position)),
    held: positions.filter((position) => held.has(position)),
  };
}
