// The order in which training sees its samples: a new shuffle every epoch, the same one whenever the run is repeated or resumed.
import { EspalierError } from '../errors.ts';
import { createRandom, mixSeeds } from '../random.ts';

/** Keeps the stream of the order apart from the streams that augment the pictures. */
const ORDER_STREAM = 0x6f72;

/** A permutation of 0 to size − 1 (Fisher-Yates) that depends on seed and epoch alone. */
export function epochOrder(size: number, seed: number, epoch: number): Uint32Array {
  const random = createRandom(mixSeeds(seed, epoch, ORDER_STREAM, size));
  const order = Uint32Array.from({ length: size }, (_, position) => position);
  for (let last = size - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const value = order[last]!;
    order[last] = order[other]!;
    order[other] = value;
  }
  return order;
}

/**
 * Number of whole batches in an epoch: the incomplete last one is dropped, since every step of a training graph has the same shape. What is
 * dropped changes with each epoch's order. Error, kind `data`: `data.too-few` when not even one batch is full.
 */
export function countSteps(size: number, batch: number, name: string): number {
  if (size >= batch) return Math.floor(size / batch);
  throw new EspalierError({
    kind: 'data',
    code: 'data.too-few',
    message: `'${name}' has ${size} samples, fewer than one batch of ${batch}.`,
    hint:
      size > 0
        ? `Choose a batch size of at most ${size}, or more data.`
        : 'Choose a data set that has samples.',
  });
}
