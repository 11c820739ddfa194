import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIXED, type Use } from '../coupling/coupling.ts';
import type { Selection } from '../labels/channel-use.ts';
import { sameSelection, selectionOf, sliceArray } from './slice.ts';

const matrix = {
  type: 'float32',
  dims: [4, 3],
  data: Float32Array.from({ length: 12 }, (_, i) => i),
} as const;
const axes = (...entries: (readonly [number, readonly number[]])[]): Selection => ({
  axes: new Map(entries.map(([axis, kept]) => [axis, Int32Array.from(kept)])),
});

const use = (axis: number, labels: readonly number[], within?: Use['within']): Use => ({
  id: 0,
  node: 0,
  input: 1,
  value: 'w',
  role: 'consume',
  axis,
  labels: Int32Array.from(labels),
  flow: new Int32Array(labels.length),
  ...(within && { within }),
});
const rows = (from: number, to: number) => ({ axis: 0, from, to });
/** Classes 0 and 3 go. */
const keep = Uint8Array.of(0, 1, 1, 0, 1, 1);

describe('selectionOf', () => {
  it('is nothing where everything stays', () => {
    expect(selectionOf([use(0, [1, 2, FIXED]), use(1, [4, 5])], keep)).toBeUndefined();
    expect(selectionOf([use(1, [1, 2], rows(0, 2)), use(1, [4, 5], rows(2, 4))], keep)).toBeUndefined();
  });

  it('lists what stays by axis; two label vectors of one axis must both keep a position', () => {
    expect(selectionOf([use(0, [0, 1, 2]), use(1, [4, 3])], keep)).toEqual(axes([0, [1, 2]], [1, [0]]));
    expect(selectionOf([use(0, [0, 1, 2]), use(0, [4, 5, 3])], keep)).toEqual(axes([0, [1]]));
  });

  it('keeps other columns in each block of a grouped weight', () => {
    const uses = [use(1, [0, 1], rows(0, 2)), use(1, [2, 3], rows(2, 4)), use(0, [4, 3, 5, 1])];
    expect(selectionOf(uses, keep)).toEqual({
      axes: new Map([[0, Int32Array.of(0, 2, 3)]]),
      blocks: {
        axis: 0,
        inner: 1,
        parts: [
          { from: 0, to: 2, kept: Int32Array.of(1) },
          { from: 2, to: 4, kept: Int32Array.of(0) },
        ],
      },
    });
  });
});

describe('sameSelection', () => {
  it('compares what stays', () => {
    expect(sameSelection(axes([0, [1, 2]]), axes([0, [1, 2]]))).toBe(true);
    expect(sameSelection(axes([0, [1, 2]]), axes([0, [1]]))).toBe(false);
    expect(sameSelection(axes([0, [1]]), axes([1, [1]]))).toBe(false);
    expect(sameSelection(undefined, axes([1, [1]]))).toBe(false);
    expect(sameSelection(undefined, undefined)).toBe(true);
  });
});

describe('sliceArray', () => {
  it('takes rows and columns', () => {
    expect(sliceArray(matrix, axes([0, [1, 3]], [1, [0, 2]]))).toEqual({
      type: 'float32',
      dims: [2, 2],
      data: Float32Array.of(3, 5, 9, 11),
    });
  });

  it('takes other columns in each block, and drops blocks without rows', () => {
    const parts = [
      { from: 0, to: 2, kept: Int32Array.of(0, 1) },
      { from: 2, to: 4, kept: Int32Array.of(1, 2) },
    ];
    const blocks = { axis: 0, inner: 1, parts };
    expect([...sliceArray(matrix, { axes: new Map(), blocks }).data]).toEqual([0, 1, 3, 4, 7, 8, 10, 11]);
    const one = sliceArray(matrix, { ...axes([0, [2]]), blocks });
    expect(one).toMatchObject({ dims: [1, 2], data: Float32Array.of(7, 8) });
  });

  it('takes rows of blocks that lie on the inner axis (a grouped transposed weight)', () => {
    const parts = [
      { from: 0, to: 2, kept: Int32Array.of(2) },
      { from: 2, to: 4, kept: Int32Array.of(0) },
    ];
    const selection = { ...axes([0, [0, 2, 3]]), blocks: { axis: 0, inner: 1, parts } };
    expect(sliceArray(matrix, selection)).toMatchObject({ dims: [3, 1], data: Float32Array.of(2, 6, 9) });
  });

  it('keeps the element type and leaves its input alone', () => {
    const long = { type: 'int64', dims: [3], data: BigInt64Array.of(1n, 2n, 3n) } as const;
    expect(sliceArray(long, axes([0, [2]]))).toEqual({
      type: 'int64',
      dims: [1],
      data: BigInt64Array.of(3n),
    });
    expect([...long.data]).toEqual([1n, 2n, 3n]);
  });

  it('picks what indexing picks', () => {
    const cases = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).chain((sizes) => {
      const dims = sizes.map((size) => size + 1);
      const kept = dims.map((size) => fc.subarray([...Array(size).keys()], { minLength: 1 }));
      return fc.record({ dims: fc.constant(dims), kept: fc.tuple(...kept) });
    });
    fc.assert(
      fc.property(cases, ({ dims, kept }) => {
        const [, b, c] = dims as [number, number, number];
        const count = dims.reduce((x, y) => x * y, 1);
        const data = Int32Array.from({ length: count }, (_, i) => i);
        const [i, j, k] = kept as [number[], number[], number[]];
        const wanted = i.flatMap((x) => j.flatMap((y) => k.map((z) => (x * b + y) * c + z)));
        const cut = sliceArray(
          { type: 'int32', dims, data },
          axes(...kept.map((list, axis) => [axis, list] as const)),
        );
        expect([...cut.data]).toEqual(wanted);
        expect(cut.dims).toEqual(kept.map((list) => list.length));
      }),
    );
  });
});
