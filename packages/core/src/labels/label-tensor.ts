// Label tensors: integers that name the channels of a value, broadcast-compatible with its shape (usually [1, C, 1, 1]).
// Movement operators apply to them exactly as they apply to the value itself.

/** Integers broadcast-compatible with a value's shape: `dims[d]` is 1 or the value's size. */
export interface LabelTensor {
  readonly dims: readonly number[];
  readonly data: Int32Array;
}

/** Position that no cut removes; the same number as `FIXED`, before ids become classes. */
export const NONE = -1;

/** Labels along one axis of a value of that rank. */
export function alongAxis(rank: number, axis: number, data: Int32Array): LabelTensor {
  const dims = new Array<number>(rank).fill(1);
  dims[axis] = data.length;
  return { dims, data };
}

/** Axes along which the tensor is stored at more than one position. */
export function extentAxes(tensor: LabelTensor): readonly number[] {
  return tensor.dims.flatMap((size, axis) => (size > 1 ? [axis] : []));
}

/** Row-major strides, 0 along axes of size 1 so that an index into a larger shape broadcasts. */
export function broadcastStrides(dims: readonly number[]): readonly number[] {
  const strides = new Array<number>(dims.length).fill(0);
  let stride = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    if (dims[axis]! > 1) strides[axis] = stride;
    stride *= dims[axis]!;
  }
  return strides;
}

/** Calls back with the flat offsets of every tensor at each index of `dims`, in row-major order. */
export function walk(
  dims: readonly number[],
  tensors: readonly LabelTensor[],
  visit: (offsets: readonly number[], flat: number) => void,
): void {
  const total = dims.reduce((a, b) => a * b, 1);
  const strides = tensors.map((t) => broadcastStrides(t.dims));
  const index = new Array<number>(dims.length).fill(0);
  const offsets = new Array<number>(tensors.length).fill(0);
  for (let flat = 0; flat < total; flat++) {
    visit(offsets, flat);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      for (let t = 0; t < tensors.length; t++) offsets[t]! += strides[t]![axis]!;
      if (index[axis]! < dims[axis]!) break;
      for (let t = 0; t < tensors.length; t++) offsets[t]! -= strides[t]![axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
}

/** The tensor repeated along its size-1 axes up to `dims`. */
export function expandTo(tensor: LabelTensor, dims: readonly number[]): LabelTensor {
  let result = tensor;
  // Inner axes first, so that outer ones repeat long blocks.
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    if (result.dims[axis] !== dims[axis]) result = repeat(result, axis, dims[axis]!);
  }
  return result;
}

function repeat(tensor: LabelTensor, axis: number, count: number): LabelTensor {
  const { outer, inner } = aroundAxis(tensor.dims, axis);
  const data = new Int32Array(outer * count * inner);
  for (let o = 0; o < outer; o++) {
    const [from, to] = [o * count * inner, (o + 1) * count * inner];
    if (inner === 1) data.fill(tensor.data[o]!, from, to);
    else {
      const block = tensor.data.subarray(o * inner, (o + 1) * inner);
      for (let at = from; at < to; at += inner) data.set(block, at);
    }
  }
  return { dims: tensor.dims.with(axis, count), data };
}

/** Number of blocks around an axis and length of each of its steps. */
function aroundAxis(
  dims: readonly number[],
  axis: number,
): { readonly outer: number; readonly inner: number } {
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
  return { outer: product(dims.slice(0, axis)), inner: product(dims.slice(axis + 1)) };
}

/** The tensor with axes along which it never changes shrunk to size 1. */
export function compress(tensor: LabelTensor): LabelTensor {
  let result = tensor;
  for (const axis of extentAxes(tensor)) if (isConstantAlong(result, axis)) result = take(result, axis, [0]);
  return result;
}

function isConstantAlong({ dims, data }: LabelTensor, axis: number): boolean {
  const { outer, inner } = aroundAxis(dims, axis);
  const block = dims[axis]! * inner;
  for (let o = 0; o < outer; o++) {
    for (let i = o * block + inner; i < (o + 1) * block; i++) if (data[i] !== data[i - inner]) return false;
  }
  return true;
}

/** The positions `indices` of one axis; a tensor of size 1 there (broadcasting) is unchanged. */
export function take(tensor: LabelTensor, axis: number, indices: ArrayLike<number>): LabelTensor {
  const size = tensor.dims[axis]!;
  if (size === 1) return tensor;
  const { outer, inner } = aroundAxis(tensor.dims, axis);
  const data = new Int32Array(outer * indices.length * inner);
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < indices.length; k++) {
      const from = (o * size + indices[k]!) * inner;
      data.set(tensor.data.subarray(from, from + inner), (o * indices.length + k) * inner);
    }
  }
  return { dims: tensor.dims.with(axis, indices.length), data };
}

/** The tensor with its axes in another order: result axis i is axis `order[i]`. */
export function permute(tensor: LabelTensor, order: readonly number[]): LabelTensor {
  const dims = order.map((axis) => tensor.dims[axis]!);
  const strides = broadcastStrides(tensor.dims);
  const data = new Int32Array(tensor.data.length);
  const steps = order.map((axis) => strides[axis]!);
  const index = new Array<number>(dims.length).fill(0);
  let offset = 0;
  for (let flat = 0; flat < data.length; flat++) {
    data[flat] = tensor.data[offset]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      offset += steps[axis]!;
      if (index[axis]! < dims[axis]!) break;
      offset -= steps[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return { dims, data };
}

/**
 * The tensor of a value of shape `from` once the value is reshaped to `to`. Axes are matched in blocks of equal product; a block
 * the labels vary in is spelled out in full, others stay broadcast.
 */
export function reshape(tensor: LabelTensor, from: readonly number[], to: readonly number[]): LabelTensor {
  const middle = [...from];
  const dims = [...to];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    const [i0, j0] = [i, j];
    let a = from[i++] ?? 1;
    let b = to[j++] ?? 1;
    while (a !== b) {
      if (a < b) a *= from[i++]!;
      else b *= to[j++]!;
    }
    if (tensor.dims.slice(i0, i).some((size) => size > 1)) continue;
    middle.fill(1, i0, i);
    dims.fill(1, j0, j);
  }
  return { dims, data: expandTo(tensor, middle).data };
}

/** The tensor seen from a value of higher rank that it broadcasts into (axes align on the right). */
export function alignRight(tensor: LabelTensor, rank: number): LabelTensor {
  const missing = rank - tensor.dims.length;
  return missing <= 0 ? tensor : { ...tensor, dims: [...new Array<number>(missing).fill(1), ...tensor.dims] };
}

/** Smallest shape all tensors broadcast into. */
export function broadcastDims(tensors: readonly LabelTensor[]): readonly number[] {
  const rank = Math.max(...tensors.map((t) => t.dims.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...tensors.map((t) => alignRight(t, rank).dims[axis]!)),
  );
}

/** True when both hold the same labels at the same places. */
export function sameLabels(a: LabelTensor, b: LabelTensor): boolean {
  if (a === b) return true;
  if (a.data.length !== b.data.length || a.dims.some((size, axis) => size !== b.dims[axis])) return false;
  return a.data.every((label, i) => label === b.data[i]);
}
