import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spreadByClass, spreadPositions } from './choose.ts';

describe('spreadPositions', () => {
  it('takes everything without a need to choose', () => {
    expect(spreadPositions(3, 3)).toEqual([0, 1, 2]);
    expect(spreadPositions(3, 10)).toEqual([0, 1, 2]);
    expect(spreadPositions(3, 0)).toEqual([]);
  });

  it('takes one position of each equal slice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 3000 }), (size, limit) => {
        const positions = spreadPositions(size, limit);
        expect(positions).toHaveLength(Math.min(size, limit));
        if (limit > size) return;
        const misplaced = positions.filter((position, slice) => {
          const [from, to] = [slice, slice + 1].map((edge) => Math.floor((edge * size) / limit));
          return position < from! || position >= to!;
        });
        expect(misplaced).toEqual([]);
      }),
    );
  });

  it('meets all classes of an ordered and of an alternating set', () => {
    const ordered = spreadPositions(10_000, 100).map((position) => Math.floor(position / 1000));
    const alternating = spreadPositions(10_000, 100).map((position) => position % 10);
    expect(new Set(ordered).size).toBe(10);
    expect(new Set(alternating).size).toBe(10);
  });
});

describe('spreadByClass', () => {
  it('keeps a rare class and the shares of the others', () => {
    const classes = [...new Array(90).fill(0), ...new Array(9).fill(1), 2];
    const chosen = spreadByClass(classes, 10).map((position) => classes[position]);
    expect(chosen).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
  });

  it('fills the limit exactly, without repeats, in order', () => {
    const classes = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(classes, fc.integer({ min: 0, max: 90 }), (of, limit) => {
        const positions = spreadByClass(of, limit);
        expect(positions).toHaveLength(Math.min(limit, of.length));
        expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
        const all = new Set(of);
        if (limit >= all.size) expect(new Set(positions.map((position) => of[position]))).toEqual(all);
      }),
    );
  });
});
