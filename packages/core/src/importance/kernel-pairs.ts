// Arithmetic on pairs of kernels: what a channel's two convolutions amount to when they are composed into one.
// Kernels are small row-major arrays of any rank; a stack is `count` of them, one after the other.

/**
 * Which part of A * B counts, per kernel axis, when A has a taps and B has b:
 * - `full`: all a + b − 1 positions;
 * - `same`: the a positions from ⌊(b − 1) / 2⌋, the centre crop to A's size;
 * - `valid`: the |a − b| + 1 positions from min(a, b) − 1, where the smaller kernel lies wholly inside the other.
 */
export type ConvolutionMode = (typeof convolutionModes)[number];

/** Names of all modes. */
export const convolutionModes = ['full', 'same', 'valid'] as const;

/** Kernels of one size: `data` holds `count` of product(dims) elements each. */
export interface KernelStack {
  readonly dims: readonly number[];
  readonly count: number;
  readonly data: Float64Array;
}

/** For each position of A * B that counts, in row-major order: the products that add up there as u, v, u, v, … (A[u]·B[v]). */
export type Overlaps = readonly Int32Array[];

/** Lists the products of A * B. Kernels of different rank are aligned at their last axes. */
export function listOverlaps(a: readonly number[], b: readonly number[], mode: ConvolutionMode): Overlaps {
  const rank = Math.max(a.length, b.length);
  let positions: [u: number, v: number][][] = [[[0, 0]]];
  for (let axis = 0; axis < rank; axis++) {
    const na = a[axis - rank + a.length] ?? 1;
    const nb = b[axis - rank + b.length] ?? 1;
    const [from, size] = cropAxis(na, nb, mode);
    positions = positions.flatMap((products) =>
      Array.from({ length: size }, (_, t) => {
        const here: [number, number][] = [];
        for (let i = 0; i < na; i++) {
          const j = from + t - i;
          if (j >= 0 && j < nb) for (const [u, v] of products) here.push([u * na + i, v * nb + j]);
        }
        return here;
      }),
    );
  }
  return positions.map((products) => Int32Array.from(products.flat()));
}

function cropAxis(a: number, b: number, mode: ConvolutionMode): readonly [from: number, size: number] {
  switch (mode) {
    case 'full':
      return [0, a + b - 1];
    case 'same':
      return [Math.floor((b - 1) / 2), a];
    case 'valid':
      return [Math.min(a, b) - 1, Math.abs(a - b) + 1];
  }
}

/** Size of the full convolution of two kernels. */
export function composeDims(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from(
    { length: rank },
    (_, axis) => (a[axis - rank + a.length] ?? 1) + (b[axis - rank + b.length] ?? 1) - 1,
  );
}

/** The full convolution of every kernel of `stack` with one `kernel`. */
export function composeKernels(stack: KernelStack, kernel: KernelStack): KernelStack {
  const overlaps = listOverlaps(stack.dims, kernel.dims, 'full');
  const size = kernelSize(stack.dims);
  const data = new Float64Array(stack.count * overlaps.length);
  for (let c = 0; c < stack.count; c++) {
    overlaps.forEach((products, t) => {
      let sum = 0;
      for (let e = 0; e < products.length; e += 2) {
        sum += stack.data[c * size + products[e]!]! * kernel.data[products[e + 1]!]!;
      }
      data[c * overlaps.length + t] = sum;
    });
  }
  return { dims: composeDims(stack.dims, kernel.dims), count: stack.count, data };
}

/** Number of elements of a kernel. */
export function kernelSize(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** `listOverlaps` of one mode, remembered per pair of kernel sizes. */
export function createOverlapFinder(
  mode: ConvolutionMode,
): (a: readonly number[], b: readonly number[]) => Overlaps {
  const known = new Map<string, Overlaps>();
  return (a, b) => {
    const key = `${a}/${b}`;
    const overlaps = known.get(key) ?? listOverlaps(a, b, mode);
    known.set(key, overlaps);
    return overlaps;
  };
}

/** Number of multiplications one pair of kernels takes. */
export function countProducts(overlaps: Overlaps): number {
  return overlaps.reduce((sum, products) => sum + products.length / 2, 0);
}

/** Σ over all pairs of ‖A_c * B_n‖₁ at the positions of `overlaps`. Costs count(A) · count(B) convolutions. */
export function sumAbsolutePairs(a: KernelStack, b: KernelStack, overlaps: Overlaps): number {
  const full = overlaps.length === 25;
  if (full && isThreeByThree(a.dims) && isThreeByThree(b.dims)) return sumThreeByThree(a.data, b.data);
  return sumAnySize(a, b, overlaps);
}

function isThreeByThree(dims: readonly number[]): boolean {
  return dims.length === 2 && dims[0] === 3 && dims[1] === 3;
}

/** The 25 sums of 3×3 * 3×3 written out: nearly all of the work in VGG-like networks is here. */
function sumThreeByThree(a: Float64Array, b: Float64Array): number {
  const { abs } = Math;
  let total = 0;
  for (let c = 0; c < a.length; c += 9) {
    const [a0, a1, a2, a3, a4, a5, a6, a7, a8] = a.subarray(c, c + 9) as unknown as NineNumbers;
    let sum = 0; // one partial sum per kernel of A keeps the rounding error small
    for (let n = 0; n < b.length; n += 9) {
      const b0 = b[n]!;
      const b1 = b[n + 1]!;
      const b2 = b[n + 2]!;
      const b3 = b[n + 3]!;
      const b4 = b[n + 4]!;
      const b5 = b[n + 5]!;
      const b6 = b[n + 6]!;
      const b7 = b[n + 7]!;
      const b8 = b[n + 8]!;
      const row0 =
        abs(a0 * b0) +
        abs(a0 * b1 + a1 * b0) +
        abs(a0 * b2 + a1 * b1 + a2 * b0) +
        abs(a1 * b2 + a2 * b1) +
        abs(a2 * b2);
      const row1 =
        abs(a0 * b3 + a3 * b0) +
        abs(a0 * b4 + a1 * b3 + a3 * b1 + a4 * b0) +
        abs(a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0) +
        abs(a1 * b5 + a2 * b4 + a4 * b2 + a5 * b1) +
        abs(a2 * b5 + a5 * b2);
      const row2 =
        abs(a0 * b6 + a3 * b3 + a6 * b0) +
        abs(a0 * b7 + a1 * b6 + a3 * b4 + a4 * b3 + a6 * b1 + a7 * b0) +
        abs(a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0) +
        abs(a1 * b8 + a2 * b7 + a4 * b5 + a5 * b4 + a7 * b2 + a8 * b1) +
        abs(a2 * b8 + a5 * b5 + a8 * b2);
      const row3 =
        abs(a3 * b6 + a6 * b3) +
        abs(a3 * b7 + a4 * b6 + a6 * b4 + a7 * b3) +
        abs(a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3) +
        abs(a4 * b8 + a5 * b7 + a7 * b5 + a8 * b4) +
        abs(a5 * b8 + a8 * b5);
      const row4 =
        abs(a6 * b6) +
        abs(a6 * b7 + a7 * b6) +
        abs(a6 * b8 + a7 * b7 + a8 * b6) +
        abs(a7 * b8 + a8 * b7) +
        abs(a8 * b8);
      sum += row0 + row1 + row2 + row3 + row4;
    }
    total += sum;
  }
  return total;
}

type NineNumbers = readonly [number, number, number, number, number, number, number, number, number];

/** Kernels of B looked at together, so that the inner loops are long and stay in the first-level cache. */
const BLOCK = 64;

/** Any sizes: one kernel of A against a block of B, position by position. */
function sumAnySize(a: KernelStack, b: KernelStack, overlaps: Overlaps): number {
  const sizeA = kernelSize(a.dims);
  const sizeB = kernelSize(b.dims);
  const block = new Float64Array(sizeB * BLOCK); // transposed: element v of all kernels of the block, then element v + 1
  const sums = new Float64Array(BLOCK);
  let total = 0;
  for (let from = 0; from < b.count; from += BLOCK) {
    const length = Math.min(BLOCK, b.count - from);
    for (let i = 0; i < length; i++) {
      for (let v = 0; v < sizeB; v++) block[v * BLOCK + i] = b.data[(from + i) * sizeB + v]!;
    }
    for (let start = 0; start < a.data.length; start += sizeA) {
      for (const products of overlaps) {
        addProducts(a.data, start, block, products, sums, length);
        let partial = 0;
        for (let i = 0; i < length; i++) partial += Math.abs(sums[i]!);
        total += partial;
      }
    }
  }
  return total;
}

/** Fills sums[0 … length) with one position of A_c * B_n, two products per pass: half the traffic of one at a time. */
function addProducts(
  a: Float64Array,
  start: number,
  block: Float64Array,
  products: Int32Array,
  sums: Float64Array,
  length: number,
): void {
  let next = 0;
  if (products.length % 4 === 2) {
    const x = a[start + products[0]!]!;
    const row = products[1]! * BLOCK;
    for (let i = 0; i < length; i++) sums[i] = x * block[row + i]!;
    next = 2;
  } else sums.fill(0);
  for (; next < products.length; next += 4) {
    const x = a[start + products[next]!]!;
    const y = a[start + products[next + 2]!]!;
    const row = products[next + 1]! * BLOCK;
    const other = products[next + 3]! * BLOCK;
    for (let i = 0; i < length; i++) sums[i] = sums[i]! + x * block[row + i]! + y * block[other + i]!;
  }
}

/** Gram matrix of a stack: G[u, u'] = Σ over its kernels of K[u]·K[u']. */
export function gramMatrix(stack: KernelStack): Float64Array {
  const size = kernelSize(stack.dims);
  const gram = new Float64Array(size * size);
  for (let u = 0; u < size; u++) {
    for (let w = u; w < size; w++) {
      let sum = 0;
      for (let c = 0; c < stack.data.length; c += size) sum += stack.data[c + u]! * stack.data[c + w]!;
      gram[u * size + w] = sum;
      gram[w * size + u] = sum;
    }
  }
  return gram;
}

/**
 * Σ over all pairs of ‖A_c * B_n‖₂² from the Gram matrices of the two stacks, without a loop over pairs: each position's square is
 * a sum of G_A[u, u']·G_B[v, v'] over its products (u, v), (u', v'). In `full` mode this equals the product of autocorrelations.
 */
export function sumSquaredPairs(gramA: Float64Array, gramB: Float64Array, overlaps: Overlaps): number {
  const sizeA = Math.sqrt(gramA.length);
  const sizeB = Math.sqrt(gramB.length);
  let total = 0;
  for (const products of overlaps) {
    for (let e = 0; e < products.length; e += 2) {
      const rowA = products[e]! * sizeA;
      const rowB = products[e + 1]! * sizeB;
      for (let f = 0; f < products.length; f += 2) {
        total += gramA[rowA + products[f]!]! * gramB[rowB + products[f + 1]!]!;
      }
    }
  }
  return total;
}
