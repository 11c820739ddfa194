// Comparing two arrays row by row: how far apart, relative to what the row holds.

/** Below this, values are what is left of an underflow. */
const VANISHED = 1e-30;

/** A row of fewer elements (a logit) may lie near zero by chance; its own size is no scale. */
const TELLING = 4;

/** The comparison of one value, row by row. */
export interface Deviation {
  /** max|Δ| / max|reference| of each row; rows of zeros or of very few elements are measured against the whole value. */
  readonly ratios: Float64Array;
  /** 1 for rows whose reference is zero, constant or not finite: they prove nothing. */
  readonly unproven: Uint8Array;
}

/**
 * Compares `candidate` with `reference` restricted to kept positions. Both are row-major; `kept[axis]` lists the positions of the reference that the candidate
 * holds (undefined: all). Rows are taken along `rowAxis`.
 */
export function compareRows(
  reference: ArrayLike<number>,
  dims: readonly number[],
  candidate: ArrayLike<number>,
  kept: readonly (Int32Array | undefined)[],
  rowAxis: number,
): Deviation {
  const sizes = dims.map((size, axis) => kept[axis]?.length ?? size);
  const rows = sizes[rowAxis] ?? 1;
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((a, b) => a * b, 1));
  const offsets = sizes.map((size, axis) =>
    Float64Array.from({ length: size }, (_, i) => (kept[axis]?.[i] ?? i) * strides[axis]!),
  );
  const delta = new Float64Array(rows);
  const peak = new Float64Array(rows);
  const low = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
  const count = sizes.reduce((a, b) => a * b, 1);
  const rank = sizes.length;
  const index = new Array<number>(rank).fill(0);
  const inner = rank > 0 ? sizes[rank - 1]! : 1;
  for (let flat = 0; flat < count; flat += inner) {
    let base = 0;
    for (let axis = 0; axis < rank - 1; axis++) base += offsets[axis]![index[axis]!]!;
    for (let k = 0; k < inner; k++) {
      const row = rowAxis === rank - 1 ? k : (index[rowAxis] ?? 0);
      const a = reference[base + (rank > 0 ? offsets[rank - 1]![k]! : 0)]!;
      const d = Math.abs(a - candidate[flat + k]!);
      // NaN must not hide behind comparisons that are false.
      if (!(d <= delta[row]!)) delta[row] = Number.isNaN(d) ? Number.POSITIVE_INFINITY : d;
      const size = Math.abs(a);
      if (!(size <= peak[row]!)) peak[row] = Number.isNaN(size) ? Number.POSITIVE_INFINITY : size;
      if (a < low[row]!) low[row] = a;
      if (a > high[row]!) high[row] = a;
    }
    for (let axis = rank - 2; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < sizes[axis]!) break;
      index[axis] = 0;
    }
  }
  const perRow = rows === 0 ? 0 : count / rows;
  const whole = peak.reduce((a, b) => (Number.isFinite(b) ? Math.max(a, b) : a), 0);
  const ratios = new Float64Array(rows);
  const unproven = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const constant = perRow > 1 && low[row] === high[row];
    const scale = perRow >= TELLING && peak[row]! > VANISHED ? peak[row]! : whole;
    if (peak[row]! <= VANISHED || !Number.isFinite(peak[row]!) || constant) unproven[row] = 1;
    // A zero or constant row is no proof when it agrees, but a failure when it does not.
    if (delta[row]! > VANISHED && Number.isFinite(peak[row]!)) ratios[row] = delta[row]! / scale;
  }
  return { ratios, unproven };
}
