import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { matrixRank } from './matrix-rank.ts';

/** A sum of `rank` outer products of normal vectors, in float32. */
function drawMatrix(rows: number, columns: number, rank: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const data = new Float64Array(rows * columns);
  for (let term = 0; term < rank; term++) {
    const left = Array.from({ length: rows }, () => random.normal());
    const right = Array.from({ length: columns }, () => random.normal());
    left.forEach((a, row) => {
      right.forEach((b, column) => {
        data[row * columns + column]! += a * b;
      });
    });
  }
  return Float32Array.from(data);
}

const sizes = fc.record({
  rows: fc.integer({ min: 1, max: 16 }),
  columns: fc.integer({ min: 1, max: 16 }),
  wanted: fc.integer({ min: 0, max: 16 }),
  seed: fc.integer({ min: 0, max: 1e6 }),
});

describe('matrixRank', () => {
  it('counts the terms that a matrix was made of, at any scale', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: -12, max: 12 }), ({ rows, columns, wanted, seed }, exponent) => {
        const rank = Math.min(rows, columns, wanted);
        const data = drawMatrix(rows, columns, rank, seed).map((x) => x * 2 ** exponent);
        // Products of float32 vectors are rounded once: well below what tells a term of normal numbers.
        expect(matrixRank(data, rows, columns, 1e-5)).toBe(rank);
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  it('is that of the transposed matrix', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns, wanted, seed }) => {
        const data = drawMatrix(rows, columns, wanted, seed);
        const turned = Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
        expect(matrixRank(turned, columns, rows, 1e-5)).toBe(matrixRank(data, rows, columns, 1e-5));
      }),
      { numRuns: 100, seed: 5 },
    );
  });

  it.each([
    ['a single zero', [0], 1, 1, 0],
    ['a single number', [-1e-20], 1, 1, 1],
    ['zeros', [0, 0, 0, 0], 2, 2, 0],
    ['a constant map', [3, 3, 3, 3, 3, 3], 2, 3, 1],
    ['one bright pixel', [0, 0, 0, 0, 0, 7], 2, 3, 1],
    ['a row', [1, 2, 3], 1, 3, 1],
    ['a permutation', [0, 1, 0, 0, 0, 1, 1, 0, 0], 3, 3, 3],
  ])('%s', (_, data, rows, columns, rank) => {
    expect(matrixRank(data, rows, columns)).toBe(rank);
  });

  it('takes what is below the tolerance for rounding', () => {
    const diagonal = [1, 0, 0, 0, 1e-3, 0, 0, 0, 1e-9];
    expect(matrixRank(diagonal, 3, 3)).toBe(2);
    expect(matrixRank(diagonal, 3, 3, 1e-2)).toBe(1);
    expect(matrixRank(diagonal, 3, 3, 1e-12)).toBe(3);
  });

  it('leaves its argument alone', () => {
    const data = Float32Array.of(1, 2, 3, 4);
    matrixRank(data, 2, 2);
    expect([...data]).toEqual([1, 2, 3, 4]);
  });
});
