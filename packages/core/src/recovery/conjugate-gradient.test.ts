import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { solveCholesky } from './cholesky.ts';
import { solveConjugateGradient } from './conjugate-gradient.ts';
import { multiplyMatrices, randomMatrix, spdMatrix } from './systems.case.ts';

const diagonalOf = (a: Float64Array, n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => a[i * n + i]!);

describe('solveConjugateGradient', () => {
  it('agrees with the direct solution on random systems', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        async (n, m, seed) => {
          const random = createRandom(seed);
          const [a, b] = [spdMatrix(n, random), randomMatrix(n * m, random)];
          const found = await solveConjugateGradient(
            async (p) => multiplyMatrices(a, p, n, m),
            diagonalOf(a, n),
            b,
            { tolerance: 1e-10, maxSteps: 200 },
          );
          for (const [i, value] of solveCholesky(a, n, b).x.entries())
            expect(found.x[i]).toBeCloseTo(value, 7);
          expect(found.residual).toBeLessThanOrEqual(1e-10);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('stops at the tolerance, or after the most steps', async () => {
    const random = createRandom(3);
    const [a, b] = [spdMatrix(60, random), randomMatrix(60, random)];
    const solve = (rule: { tolerance?: number; maxSteps?: number }) =>
      solveConjugateGradient(async (p) => multiplyMatrices(a, p, 60, 1), diagonalOf(a, 60), b, rule);
    const rough = await solve({ tolerance: 0.1 });
    const fine = await solve({ tolerance: 1e-6 });
    expect(rough.residual).toBeLessThanOrEqual(0.1);
    expect(fine.steps).toBeGreaterThan(rough.steps);
    expect(await solve({ maxSteps: 2 })).toMatchObject({ steps: 2 });
  });

  it('does nothing for a right side of zeros, column by column', async () => {
    const a = spdMatrix(5, createRandom(1));
    const b = new Float64Array(10);
    for (let i = 0; i < 5; i++) b[2 * i] = i + 1;
    const { x } = await solveConjugateGradient(
      async (p) => multiplyMatrices(a, p, 5, 2),
      diagonalOf(a, 5),
      b,
    );
    expect(Array.from({ length: 5 }, (_, i) => x[2 * i + 1])).toEqual([0, 0, 0, 0, 0]);
    expect(x[0]).not.toBe(0);
    expect(
      await solveConjugateGradient(async (p) => p, new Float64Array(0), new Float64Array(0)),
    ).toMatchObject({ steps: 0, residual: 0 });
  });
});
