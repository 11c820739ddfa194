import { describe, expect, it } from 'vitest';
import { engine } from '../plan/analysed-net.case.ts';
import { createRandom } from '../random.ts';
import type { Moments } from './moments.ts';
import { MAX_DIRECT_UNKNOWNS, refitMatrix } from './refit.ts';

/** Moments of `rows` random rows of n unknowns, the last `repeated` of them copies of the first, and targets made by `weights`. */
function draw(n: number, repeated: number, rows: number, weights: Float64Array): Moments {
  const random = createRandom(4);
  const [gram, cross, energy] = [new Float64Array(n * n), new Float64Array(n), new Float64Array(2)];
  for (let row = 0; row < rows; row++) {
    const x = Float64Array.from({ length: n }, () => random.normal());
    for (let i = 0; i < repeated; i++) x[n - repeated + i] = x[i]!;
    const y = x.reduce((sum, value, i) => sum + value * weights[i]!, 0);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < n; k++) gram[i * n + k]! += x[i]! * x[k]!;
      cross[i]! += x[i]! * y;
    }
    energy[0]! += y;
    energy[1]! += y * y;
  }
  return { groups: 1, unknowns: n, outputs: 1, rows, gram, cross, energy };
}

describe('refitMatrix', () => {
  const weights = Float64Array.of(1, -2, 3, 0.5, 1, -2);

  it('finds the weights, and tells the error before and after', async () => {
    const moments = draw(6, 0, 200, weights);
    const fit = await refitMatrix(moments, new Float64Array(6), 1e-9, engine);
    for (const [i, value] of fit.matrix.entries()) expect(value).toBeCloseTo(weights[i]!, 5);
    expect(fit).toMatchObject({ method: 'cholesky', deficient: 0 });
    expect(fit.errorBefore).toBeCloseTo(1, 1);
    expect(fit.errorAfter).toBeCloseTo(0, 9);
  });

  it('tells how many unknowns the rows do not settle, and leaves those where they were', async () => {
    const repeated = await refitMatrix(draw(6, 2, 200, weights), weights, 1e-6, engine);
    expect(repeated.deficient).toBe(2);
    expect([...repeated.matrix].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([...weights]);
    const few = await refitMatrix(draw(6, 0, 3, weights), new Float64Array(6), 1e-6, engine);
    expect(few.deficient).toBe(3);
  });

  it('a heavy ridge holds the weights', async () => {
    const { matrix } = await refitMatrix(draw(6, 0, 200, weights), new Float64Array(6), 1e6, engine);
    for (const value of matrix) expect(Math.abs(value)).toBeLessThan(1e-4);
  });

  it('solves large systems in the engine', async () => {
    const n = MAX_DIRECT_UNKNOWNS + 1;
    const moments: Moments = {
      ...{ groups: 1, unknowns: n, outputs: 1, rows: 10 },
      gram: new Float64Array(n * n),
      cross: new Float64Array(n).fill(2),
      energy: Float64Array.of(0, n),
    };
    for (let i = 0; i < n; i++) moments.gram[i * n + i] = i % 2 === 0 ? 1 : 4;
    const fit = await refitMatrix(moments, new Float64Array(n), 1e-9, engine);
    expect(fit.method).toBe('conjugate gradient');
    expect(fit.deficient).toBeUndefined();
    expect([fit.matrix[0], fit.matrix[1]].map((value) => value?.toFixed(4))).toEqual(['2.0000', '0.5000']);
  });
});
