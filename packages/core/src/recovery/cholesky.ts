// Symmetric positive definite systems solved directly: A = L·Lᵀ, then two triangular solves.

/** Rows factored together: one row of L serves them all while it is in the cache. */
const BLOCK = 32;

/** A pivot below this share of its own diagonal element is nothing but rounding. */
const ROUNDING = 1e-12;

/** The solution of a system, and how much of it the matrix determines. */
export interface DirectSolution {
  /** n × m, row by row. */
  readonly x: Float64Array;
  /** Unknowns whose pivot is at most `deficientBelow`, or vanishes. Those that vanish are 0 in every column of the solution. */
  readonly deficient: number;
}

/**
 * Solves A·X = B for symmetric positive semi-definite A. `a` is n × n row by row (only its lower triangle is read), `b` is n × m; both stay as
 * they are. Takes n³/6 + n²·m multiply-adds.
 */
export function solveCholesky(
  a: Float64Array,
  n: number,
  b: Float64Array,
  deficientBelow = 0,
): DirectSolution {
  const { lower, deficient } = factor(a, n, deficientBelow);
  const x = b.slice();
  const m = n === 0 ? 0 : b.length / n;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) addRow(x, m, i, k, -lower[i * n + k]!);
    scaleRow(x, m, i, inverse(lower[i * n + i]!));
  }
  for (let i = n - 1; i >= 0; i--) {
    scaleRow(x, m, i, inverse(lower[i * n + i]!));
    for (let k = 0; k < i; k++) addRow(x, m, k, i, -lower[i * n + k]!);
  }
  return { x, deficient };
}

/** The lower factor. A vanishing pivot gets a zero column, which takes its unknown out of the system. */
function factor(a: Float64Array, n: number, deficientBelow: number) {
  const lower = new Float64Array(n * n);
  let deficient = 0;
  for (let from = 0; from < n; from += BLOCK) {
    const to = Math.min(from + BLOCK, n);
    for (let j = 0; j < to; j++) {
      if (j >= from) {
        const pivot = a[j * n + j]! - dot(lower, j * n, j * n, j);
        const vanishes = !(pivot > ROUNDING * a[j * n + j]!);
        if (vanishes || pivot <= deficientBelow) deficient++;
        lower[j * n + j] = vanishes ? 0 : Math.sqrt(pivot);
      }
      const scale = inverse(lower[j * n + j]!);
      for (let i = Math.max(from, j + 1); i < to; i++) {
        lower[i * n + j] = (a[i * n + j]! - dot(lower, i * n, j * n, j)) * scale;
      }
    }
  }
  return { lower, deficient };
}

const inverse = (value: number): number => (value === 0 ? 0 : 1 / value);

function dot(data: Float64Array, p: number, q: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = length - (length % 4);
  for (let k = 0; k < whole; k += 4) {
    s0 += data[p + k]! * data[q + k]!;
    s1 += data[p + k + 1]! * data[q + k + 1]!;
    s2 += data[p + k + 2]! * data[q + k + 2]!;
    s3 += data[p + k + 3]! * data[q + k + 3]!;
  }
  for (let k = whole; k < length; k++) s0 += data[p + k]! * data[q + k]!;
  return s0 + s1 + s2 + s3;
}

function addRow(x: Float64Array, m: number, to: number, from: number, factor: number): void {
  if (factor === 0) return;
  const [t, f] = [to * m, from * m];
  for (let c = 0; c < m; c++) x[t + c]! += factor * x[f + c]!;
}

function scaleRow(x: Float64Array, m: number, row: number, factor: number): void {
  for (let c = row * m; c < (row + 1) * m; c++) x[c]! *= factor;
}
