import { describe, expect, it } from 'vitest';
import type { NdArray } from '../onnx/nd-array.ts';
import { createRandom } from '../random.ts';
import { pairChannels } from './pair-channels.ts';

const random = createRandom(4);
const noise = (dims: readonly number[]): NdArray => {
  const count = dims.reduce((a, b) => a * b, 1);
  return { type: 'float32', dims, data: Float32Array.from({ length: count }, () => random.normal()) };
};

/** The channels of [2, C, 4, 3] samples, each mapped by its own function. */
function pick(
  { data, dims }: NdArray,
  kept: readonly number[],
  map: (x: number, i: number) => number,
): NdArray {
  const [batch, channels] = dims as [number, number];
  const rows = Array.from({ length: batch }, (_, n) =>
    kept.map((channel, i) =>
      Array.from({ length: 12 }, (_, at) => map(Number(data[(n * channels + channel) * 12 + at]), i)),
    ),
  );
  return { type: 'float32', dims: [batch, kept.length, 4, 3], data: Float32Array.from(rows.flat(2)) };
}

describe('the channels that are left', () => {
  const samples = [noise([2, 9, 4, 3]), noise([2, 9, 4, 3])];
  const kept = [1, 2, 5, 8];
  const pairs = (map: (x: number, i: number) => number): number[] =>
    Array.from(
      pairChannels(
        samples.map((sample) => pick(sample, kept, map)),
        samples,
      ),
    );

  it('are told from what they compute', () => {
    expect(pairs((x) => x)).toEqual(kept);
  });

  it('may have another size, another mean and errors of their own', () => {
    expect(pairs((x, i) => (i + 1) * (x + 0.6 * random.normal()) - 3)).toEqual(kept);
  });

  it('stay in order where one of them says nothing', () => {
    const [first, , third, last] = pairs((x, i) => (i === 1 ? 7 : x));
    expect([first, third, last]).toEqual([1, 5, 8]);
  });

  it('are the order-keeping choice, not the best of each alone', () => {
    const swapped = samples.map((sample) => pick(sample, [5, 2], (x) => x));
    const [a, b] = Array.from(pairChannels(swapped, samples)) as [number, number];
    expect(a).toBeLessThan(b);
  });
});

it('pairs everything where nothing was cut', () => {
  const sample = noise([2, 3, 4, 3]);
  expect(Array.from(pairChannels([noise([2, 3, 4, 3])], [sample]))).toEqual([0, 1, 2]);
});
