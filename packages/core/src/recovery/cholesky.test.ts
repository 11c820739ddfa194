import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { solveCholesky } from './cholesky.ts';
import { multiplyMatrices, randomMatrix, spdMatrix } from './systems.case.ts';

describe('solveCholesky', () => {
  it('solves a system by hand', () => {
    const { x, deficient } = solveCholesky(Float64Array.of(4, 2, 2, 3), 2, Float64Array.of(2, 1), 0);
    expect([...x].map((value) => value.toFixed(12))).toEqual(['0.500000000000', '0.000000000000']);
    expect(deficient).toBe(0);
  });

  it('finds what random systems were made from, also across blocks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 4 }), fc.nat(), (n, m, seed) => {
        const random = createRandom(seed);
        const a = spdMatrix(n, random);
        const wanted = randomMatrix(n * m, random);
        const { x, deficient } = solveCholesky(a, n, multiplyMatrices(a, wanted, n, m));
        for (const [i, value] of x.entries()) expect(value).toBeCloseTo(wanted[i]!, 7);
        expect(deficient).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves its arguments as they are', () => {
    const [a, b] = [Float64Array.of(2, 1, 1, 2), Float64Array.of(1, 2)];
    solveCholesky(a, 2, b);
    expect([[...a], [...b]]).toEqual([
      [2, 1, 1, 2],
      [1, 2],
    ]);
  });

  it('counts what the matrix does not determine, and sets it to zero', () => {
    // The third unknown is the sum of the others, the fourth never occurs.
    const rows = [
      [1, 0, 1, 0],
      [0, 1, 1, 0],
      [1, 1, 2, 0],
      [2, 1, 3, 0],
    ];
    const a = new Float64Array(16);
    for (const row of rows) {
      for (let i = 0; i < 4; i++) for (let k = 0; k < 4; k++) a[4 * i + k]! += row[i]! * row[k]!;
    }
    const b = multiplyMatrices(a, Float64Array.of(1, 2, 0, 0), 4, 1);
    const { x, deficient } = solveCholesky(a, 4, b);
    expect(deficient).toBe(2);
    for (const [i, value] of [1, 2, 0, 0].entries()) expect(x[i]).toBeCloseTo(value, 9);
  });

  it('counts small pivots when it is told what is small', () => {
    const a = Float64Array.of(1, 0, 0, 0.5);
    expect(solveCholesky(a, 2, Float64Array.of(1, 1), 0.5)).toMatchObject({ deficient: 1 });
    expect(solveCholesky(a, 2, Float64Array.of(1, 1), 0.5).x[1]).toBeCloseTo(2, 9);
  });

  it('takes an empty system', () => {
    expect(solveCholesky(new Float64Array(0), 0, new Float64Array(0))).toMatchObject({ deficient: 0 });
  });
});
