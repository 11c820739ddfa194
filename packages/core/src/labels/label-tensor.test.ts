import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alignRight,
  alongAxis,
  broadcastDims,
  compress,
  expandTo,
  extentAxes,
  permute,
  reshape,
  sameLabels,
  take,
  walk,
} from './label-tensor.ts';

const volume = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
const tensor = (dims: readonly number[], data?: readonly number[]) => ({
  dims,
  data: Int32Array.from(data ?? Array.from({ length: volume(dims) }, (_, i) => i)),
});
const smallDims = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

describe('shapes', () => {
  it('labels one axis of a value', () => {
    expect(alongAxis(4, 1, Int32Array.of(7, 8))).toEqual(tensor([1, 2, 1, 1], [7, 8]));
  });
  it('names the axes that are stored at more than one position', () => {
    expect(extentAxes(tensor([1, 3, 1, 2]))).toEqual([1, 3]);
  });
  it('aligns with values of higher rank on the right', () => {
    expect(alignRight(tensor([3, 1]), 4).dims).toEqual([1, 1, 3, 1]);
    expect(broadcastDims([tensor([2, 1, 1]), tensor([3, 1]), tensor([4])])).toEqual([2, 3, 4]);
  });
});

describe('walk', () => {
  it('gives broadcast offsets in row-major order', () => {
    const seen: number[][] = [];
    walk([2, 3], [tensor([2, 1]), tensor([1, 3])], (offsets, flat) => seen.push([flat, ...offsets]));
    expect(seen).toEqual([
      [0, 0, 0],
      [1, 0, 1],
      [2, 0, 2],
      [3, 1, 0],
      [4, 1, 1],
      [5, 1, 2],
    ]);
  });
});

describe('expandTo and compress', () => {
  it('repeats along axes of size 1', () => {
    expect(expandTo(tensor([2, 1, 2]), [2, 2, 2]).data).toEqual(Int32Array.of(0, 1, 0, 1, 2, 3, 2, 3));
  });
  it('hands the tensor back when nothing repeats', () => {
    const same = tensor([2, 3]);
    expect(expandTo(same, [2, 3])).toBe(same);
  });
  it('shrinks the axes along which nothing changes', () => {
    expect(compress(tensor([2, 3], [5, 6, 7, 5, 6, 7]))).toEqual(tensor([1, 3], [5, 6, 7]));
    expect(compress(tensor([2, 2], [5, 5, 5, 5]))).toEqual(tensor([1, 1], [5]));
    expect(compress(tensor([2, 2], [5, 5, 5, 6])).dims).toEqual([2, 2]);
  });
  it('undo each other', () => {
    fc.assert(
      fc.property(smallDims, fc.infiniteStream(fc.boolean()), (full, bits) => {
        const dims = full.map((size) => (bits.next().value ? size : 1));
        expect(compress(expandTo(tensor(dims), full))).toEqual(tensor(dims));
      }),
    );
  });
});

describe('take and permute', () => {
  it('chooses and repeats positions', () => {
    expect(take(tensor([2, 3]), 1, [2, 0, 2])).toEqual(tensor([2, 3], [2, 0, 2, 5, 3, 5]));
    const broadcast = tensor([2, 1]);
    expect(take(broadcast, 1, [0, 1, 2])).toBe(broadcast);
  });
  it('reorders axes', () => {
    expect(permute(tensor([2, 1, 3]), [2, 0, 1])).toEqual(tensor([3, 2, 1], [0, 3, 1, 4, 2, 5]));
  });
});

describe('reshape', () => {
  it('spells out only the block that the labels vary in', () => {
    const channels = alongAxis(4, 1, Int32Array.of(0, 1, 2, 3));
    expect(reshape(channels, [2, 4, 5, 5], [2, 2, 2, 5, 5]).dims).toEqual([1, 2, 2, 1, 1]);
    expect(reshape(channels, [2, 4, 5, 5], [2, 4, 25]).dims).toEqual([1, 4, 1]);
    expect(reshape(channels, [2, 4, 1, 2], [2, 8]).data).toEqual(Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3));
  });
  it('adds and drops axes of size 1', () => {
    const channels = alongAxis(4, 1, Int32Array.of(0, 1));
    expect(reshape(channels, [1, 2, 1, 1], [2])).toEqual(tensor([2]));
    expect(reshape(tensor([2]), [2], [1, 2, 1])).toEqual(tensor([1, 2, 1]));
  });
  it('agrees with reshaping the expanded tensor', () => {
    fc.assert(
      fc.property(
        smallDims,
        fc.infiniteStream(fc.boolean()),
        fc.infiniteStream(fc.nat(23)),
        (full, bits, picks) => {
          const dims = full.map((size) => (bits.next().value ? size : 1));
          // Another shape of the same volume: divisors picked one after the other.
          const to: number[] = [];
          for (let rest = volume(full); rest > 1; rest /= to.at(-1)!) {
            const divisors = Array.from({ length: rest }, (_, i) => i + 1).filter(
              (d) => d > 1 && rest % d === 0,
            );
            to.push(divisors[picks.next().value % divisors.length]!);
          }
          const moved = reshape(tensor(dims), full, to);
          expect(expandTo(moved, to).data).toEqual(expandTo(tensor(dims), full).data);
        },
      ),
    );
  });
});

describe('sameLabels', () => {
  it('compares places and labels', () => {
    expect(sameLabels(tensor([1, 2]), tensor([1, 2]))).toBe(true);
    expect(sameLabels(tensor([1, 2]), tensor([2, 1]))).toBe(false);
    expect(sameLabels(tensor([1, 2]), tensor([1, 2], [0, 2]))).toBe(false);
    expect(sameLabels(tensor([1, 2]), tensor([1, 3]))).toBe(false);
  });
});
