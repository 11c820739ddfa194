// Small least-squares problems with coefficients that cannot be negative, such as prices.
import { solveCholesky } from '../recovery/cholesky.ts';

/** Relative size of the ridge that keeps terms apart that hardly differ. */
const RIDGE = 1e-9;

/**
 * Coefficients x ≥ 0, one per term, that make Σ (row·x / target − 1)² small: every target counts by its relative error. Terms whose coefficient comes
 * out negative are left out, the most negative first, and the others fitted again. Targets must be positive.
 */
export function fitNonNegative(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
): readonly number[] {
  const terms = rows[0]?.length ?? 0;
  // Terms differ in scale by orders of magnitude, which a ridge must not see.
  const scales = Array.from(
    { length: terms },
    (_, t) => Math.max(...rows.map((row) => Math.abs(row[t]!))) || 1,
  );
  let active = Array.from({ length: terms }, (_, t) => t);
  for (;;) {
    const n = active.length;
    const gram = new Float64Array(n * n);
    const right = new Float64Array(n);
    rows.forEach((row, r) => {
      const scaled = active.map((t) => row[t]! / scales[t]! / targets[r]!);
      for (let i = 0; i < n; i++) {
        right[i]! += scaled[i]!;
        for (let j = 0; j < n; j++) gram[i * n + j]! += scaled[i]! * scaled[j]!;
      }
    });
    for (let i = 0; i < n; i++) gram[i * n + i]! *= 1 + RIDGE;
    const { x } = solveCholesky(gram, n, right);
    const worst = x.indexOf(Math.min(...x));
    if (n === 0 || x[worst]! >= 0) {
      const result = new Array<number>(terms).fill(0);
      active.forEach((t, i) => {
        result[t] = x[i]! / scales[t]!;
      });
      return result;
    }
    active = active.filter((_, i) => i !== worst);
  }
}
