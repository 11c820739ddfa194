// Symmetric positive definite systems solved step by step: conjugate gradients with a diagonal preconditioner, every right side by itself.

/** When {@link solveConjugateGradient} stops. */
export interface StopRule {
  /** Residual over right side, per column, in the preconditioned norm; default 1e-3. */
  readonly tolerance?: number;
  /** Default 50. */
  readonly maxSteps?: number;
}

/** What the steps led to. */
export interface IterativeSolution {
  /** n × m, row by row. */
  readonly x: Float64Array;
  readonly steps: number;
  /** The largest relative residual of a column. */
  readonly residual: number;
}

/**
 * Solves A·X = B. `multiply` returns A·P for an n × m matrix P (row by row), `diagonal` holds A's diagonal, all positive. Columns that have arrived stand still.
 * Method of Hestenes and Stiefel (Methods of Conjugate Gradients for Solving Linear Systems, 1952), Jacobi preconditioner.
 */
export async function solveConjugateGradient(
  multiply: (p: Float64Array) => Promise<Float64Array>,
  diagonal: Float64Array,
  b: Float64Array,
  { tolerance = 1e-3, maxSteps = 50 }: StopRule = {},
): Promise<IterativeSolution> {
  const n = diagonal.length;
  const m = n === 0 ? 0 : b.length / n;
  const x = new Float64Array(b.length);
  const r = b.slice();
  const z = precondition(r, diagonal, m);
  const p = z.slice();
  let rho = columnDots(r, z, m);
  const start = rho.slice();
  const share = (): Float64Array => rho.map((value, c) => (start[c]! > 0 ? Math.sqrt(value / start[c]!) : 0));
  let steps = 0;
  let shares = share();
  while (steps < maxSteps && shares.some((value) => value > tolerance)) {
    const q = await multiply(p);
    const curvature = columnDots(p, q, m);
    const alpha = curvature.map((value, c) => (value > 0 && shares[c]! > tolerance ? rho[c]! / value : 0));
    for (let i = 0; i < n; i++) {
      for (let c = 0, at = i * m; c < m; c++, at++) {
        x[at]! += alpha[c]! * p[at]!;
        r[at]! -= alpha[c]! * q[at]!;
        z[at] = r[at]! / diagonal[i]!;
      }
    }
    const next = columnDots(r, z, m);
    for (let at = 0, c = 0; at < p.length; at++, c = c + 1 === m ? 0 : c + 1) {
      const beta = rho[c]! > 0 ? next[c]! / rho[c]! : 0;
      p[at] = z[at]! + beta * p[at]!;
    }
    rho = next;
    shares = share();
    steps++;
  }
  return { x, steps, residual: shares.reduce((worst, value) => Math.max(worst, value), 0) };
}

function precondition(r: Float64Array, diagonal: Float64Array, m: number): Float64Array {
  return r.map((value, at) => value / diagonal[Math.floor(at / m)]!);
}

function columnDots(a: Float64Array, b: Float64Array, m: number): Float64Array {
  const sums = new Float64Array(m);
  for (let at = 0, c = 0; at < a.length; at++, c = c + 1 === m ? 0 : c + 1) sums[c]! += a[at]! * b[at]!;
  return sums;
}
