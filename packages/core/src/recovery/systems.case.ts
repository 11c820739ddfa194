// Random linear systems for the tests of the solvers.
import type { Random } from '../random.ts';

/** So many standard normal numbers. */
export function randomMatrix(count: number, random: Random): Float64Array {
  return Float64Array.from({ length: count }, () => random.normal());
}

/** A well-conditioned symmetric positive definite n × n matrix. */
export function spdMatrix(n: number, random: Random): Float64Array {
  const factor = randomMatrix(n * n, random);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      let sum = i === k ? n : 0;
      for (let j = 0; j < n; j++) sum += factor[i * n + j]! * factor[k * n + j]!;
      a[i * n + k] = sum;
    }
  }
  return a;
}

/** n × n times n × m. */
export function multiplyMatrices(a: Float64Array, b: Float64Array, n: number, m: number): Float64Array {
  const product = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      for (let c = 0; c < m; c++) product[i * m + c]! += a[i * n + k]! * b[k * m + c]!;
    }
  }
  return product;
}
