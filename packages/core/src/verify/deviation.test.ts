import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRows } from './deviation.ts';

const compare = (
  reference: readonly number[],
  candidate: readonly number[],
  dims: readonly number[],
  axis = 0,
) => {
  const { ratios, unproven } = compareRows(reference, dims, candidate, [], axis);
  return { ratios: [...ratios], unproven: [...unproven] };
};

describe('compareRows', () => {
  it('measures each row against its own largest element', () => {
    const result = compare([1, 2, 3, -4, 100, 200, 300, 400], [1, 2, 3, -3, 100, 200, 300, 396], [2, 4]);
    expect(result).toEqual({ ratios: [0.25, 0.01], unproven: [0, 0] });
  });

  it('takes rows along any axis', () => {
    const reference = [1, 2, 3, 4, 5, 6, 7, 8];
    const candidate = reference.with(5, 9); // [1, 0, 1] of [2, 2, 2]
    const shape = [2, 2, 2];
    expect(compare(reference, candidate, shape, 0).ratios).toEqual([0, 3 / 8]);
    expect(compare(reference, candidate, shape, 1).ratios).toEqual([3 / 6, 0]);
    expect(compare(reference, candidate, shape, 2).ratios).toEqual([0, 3 / 8]);
  });

  it('compares the kept positions of the reference with all of the candidate', () => {
    const reference = Array.from({ length: 20 }, (_, i) => i);
    const kept = [Int32Array.of(1, 3), Int32Array.of(0, 1, 2, 4)];
    const { ratios } = compareRows(reference, [4, 5], [5, 6, 7, 9, 15, 16, 17, 20], kept, 0);
    expect([...ratios]).toEqual([0, 1 / 19]);
  });

  it('measures rows of very few elements against the whole value: a logit may be near zero by chance', () => {
    expect(compare([10, 1e-4], [10, 2e-4], [1, 2], 1).ratios).toEqual([0, 1e-5]);
  });

  it.each([
    ['zeros', [0, 0, 0, 0], [0, 0, 0, 0], 0],
    ['one number', [5, 5, 5, 5], [5, 5, 5, 5], 0],
    ['NaN', [1, Number.NaN, 2, 3], [1, Number.NaN, 2, 3], 0],
    ['an infinity', [1, Number.POSITIVE_INFINITY, 2, 3], [1, 7, 2, 3], 0],
    ['zeros where the candidate has a number', [0, 0, 0, 0], [0, 0, 1, 0], 1 / 8],
    ['one number where the candidate has another', [4, 4, 4, 4], [4, 4, 4, 5], 1 / 4],
  ])('a reference row of %s proves nothing', (_, row, candidate, deviation) => {
    const other = [8, 7, 6, 5];
    const result = compare([...row, ...other], [...candidate, ...other], [2, 4]);
    expect(result).toEqual({ ratios: [deviation, 0], unproven: [1, 0] });
  });

  it('takes a NaN of the candidate for an infinite deviation', () => {
    expect(compare([1, 2, 3, 4], [1, Number.NaN, 3, 4], [1, 4]).ratios).toEqual([Number.POSITIVE_INFINITY]);
  });

  it('a row that is not finite does not become the scale of the others', () => {
    const reference = [Number.POSITIVE_INFINITY, 1, 1, 1, 0, 0, 0, 0, 2, 2, 2, 1];
    expect(compare(reference, reference.with(5, 3), [3, 4]).ratios[1]).toBe(1.5);
  });

  it('finds every single changed element, wherever it is', () => {
    const arrays = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).chain((sizes) => {
      const dims = sizes.map((size) => size + 2);
      const count = dims.reduce((a, b) => a * b);
      return fc.record({
        dims: fc.constant(dims),
        data: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: count, maxLength: count }),
        at: fc.nat(count - 1),
        axis: fc.nat(2),
      });
    });
    fc.assert(
      fc.property(arrays, ({ dims, data, at, axis }) => {
        const { ratios } = compare(data, data.with(at, data[at]! + 1), dims, axis);
        const stride = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
        const row = Math.floor(at / stride) % dims[axis]!;
        expect(ratios.map((ratio) => ratio > 0)).toEqual(ratios.map((_, i) => i === row));
      }),
    );
  });

  it('compares scalars', () => {
    expect(compare([2], [3], []).ratios).toEqual([0.5]);
  });
});
