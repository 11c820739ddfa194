import { describe, expect, it } from 'vitest';
import type { NdArray } from '../onnx/nd-array.ts';
import { createAmplitudeMeter, createRankMeter, MAX_MAP_SIDE } from './activation-meters.ts';

const array = (dims: readonly number[], data: ArrayLike<number>): NdArray => ({
  type: 'float32',
  dims,
  data: Float32Array.from(data),
});
const observe = (...positions: number[]) => [
  { use: 7, value: 'v', axis: 1, positions: Int32Array.from(positions) },
];

/** One image of two channels: rank 1 and rank 2. */
const image = [1, 2, 2, 4, 1, 0, 0, 1];
/** And another: rank 0 and rank 1. */
const other = [0, 0, 0, 0, 5, 5, 5, 5];

describe('createRankMeter', () => {
  it('averages over the images of all batches, in the order of the positions', () => {
    const meter = createRankMeter(observe(1, 0));
    meter.add({ v: array([2, 2, 2, 2], [...image, ...other]) });
    meter.add({ v: array([1, 2, 2, 2], image) });
    expect([...meter.result().get(7)!]).toEqual([5 / 3, 2 / 3]);
  });

  it('takes a channel without positions for a map of one element', () => {
    const meter = createRankMeter(observe(0, 1));
    meter.add({ v: array([2, 2], [0, 3, 0, 0]) });
    expect([...meter.result().get(7)!]).toEqual([0, 0.5]);
  });

  it('looks at large maps in evenly spread rows and columns', () => {
    const side = 3 * MAX_MAP_SIDE;
    const identity = Float32Array.from({ length: side * side }, (_, i) => (i % (side + 1) === 0 ? 1 : 0));
    const meter = createRankMeter(observe(0));
    meter.add({ v: array([1, 1, side, side], identity) });
    expect([...meter.result().get(7)!]).toEqual([MAX_MAP_SIDE]);
  });
});

describe('what cannot be measured', () => {
  it.each([createRankMeter, createAmplitudeMeter])('is named: %#', (createMeter) => {
    const meter = createMeter(observe(0, 1));
    const values = { v: array([1, 2, 1, 2], [1, 2, Number.NaN, 4]) };
    expect(() => meter.add(values)).toThrow(
      expect.objectContaining({
        kind: 'data',
        code: 'importance.non-finite',
        message: "On these images element 2 at 'v' is NaN, so channels cannot be scored.",
      }),
    );
  });
});

describe('createAmplitudeMeter', () => {
  it('is the root mean square over images and positions', () => {
    const meter = createAmplitudeMeter(observe(0, 1));
    meter.add({ v: array([1, 2, 2, 2], image) });
    meter.add({ v: array([1, 2, 2, 2], other) });
    expect([...meter.result().get(7)!]).toEqual([Math.sqrt(25 / 8), Math.sqrt(102 / 8)]);
  });

  it('reads channels on the last axis', () => {
    const meter = createAmplitudeMeter([{ use: 7, value: 'v', axis: 2, positions: Int32Array.of(0, 1) }]);
    meter.add({ v: array([1, 2, 2], [3, 0, 4, 2]) });
    expect([...meter.result().get(7)!]).toEqual([Math.sqrt(12.5), Math.sqrt(2)]);
  });
});
