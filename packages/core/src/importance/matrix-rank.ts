// The numerical rank of small matrices, for counting what a feature map holds.

/** Roundings of float32, which is what feature maps are stored in. */
const EPSILON = 2 ** -23;

/**
 * Rank of a matrix given row by row: Gaussian elimination with full pivoting, which stops at the first pivot below `tolerance` times the
 * Frobenius norm. With full pivoting the pivots fall like the singular values, so this counts the singular values above a relative limit. The
 * default tolerance is max(rows, columns) · 2⁻²³, the rounding of float32 data. A matrix of zeros has rank 0, a constant one 1. Costs at most
 * rows · columns · rank multiplications.
 */
export function matrixRank(
  data: ArrayLike<number>,
  rows: number,
  columns: number,
  tolerance: number = Math.max(rows, columns) * EPSILON,
): number {
  const left = Float64Array.from(data);
  const limit = tolerance * Math.sqrt(left.reduce((sum, x) => sum + x * x, 0));
  const full = Math.min(rows, columns);
  for (let rank = 0; rank < full; rank++) {
    const at = findPivot(left, rows, columns, rank);
    if (!(Math.abs(left[at]!) > limit)) return rank;
    swapRows(left, columns, rank, Math.floor(at / columns));
    swapColumns(left, rows, columns, rank, at % columns);
    eliminate(left, rows, columns, rank);
  }
  return full;
}

/** Where the largest element of the rest lies: rows and columns from `from` on. */
function findPivot(data: Float64Array, rows: number, columns: number, from: number): number {
  let at = from * columns + from;
  let largest = 0;
  for (let row = from; row < rows; row++) {
    for (let i = row * columns + from; i < (row + 1) * columns; i++) {
      const size = Math.abs(data[i]!);
      if (size > largest) [largest, at] = [size, i];
    }
  }
  return at;
}

function swapRows(data: Float64Array, columns: number, a: number, b: number): void {
  if (a === b) return;
  const row = data.slice(a * columns, (a + 1) * columns);
  data.copyWithin(a * columns, b * columns, (b + 1) * columns);
  data.set(row, b * columns);
}

function swapColumns(data: Float64Array, rows: number, columns: number, a: number, b: number): void {
  if (a === b) return;
  for (let base = 0; base < rows * columns; base += columns) {
    const x = data[base + a]!;
    data[base + a] = data[base + b]!;
    data[base + b] = x;
  }
}

function eliminate(data: Float64Array, rows: number, columns: number, at: number): void {
  const base = at * columns;
  const pivot = data[base + at]!;
  for (let row = at + 1; row < rows; row++) {
    const start = row * columns;
    const factor = data[start + at]! / pivot;
    if (factor === 0) continue;
    for (let column = at + 1; column < columns; column++) {
      data[start + column]! -= factor * data[base + column]!;
    }
  }
}
