// One use of a weight, seen as filters: for every position along the use's axis a stack of kernels.
// A produce use shows each filter's kernels over its input channels; a consume use each input channel's kernels over all filters.
import type { Use } from '../coupling/coupling.ts';
import { EspalierError } from '../errors.ts';
import type { KernelStack } from './kernel-pairs.ts';
import type { WeightSource } from './weight-source.ts';

/** True for a weight whose slices along the use's axis are filters: they make the channels. */
export function isFilterBank(use: Use): boolean {
  return use.role === 'produce' && use.axis === use.kernel?.out;
}

/** True for a weight that contracts the channel; a depthwise one, whose channels lie on its output axis, only hands it on. */
export function isReader(use: Use): boolean {
  return use.role === 'consume' && use.axis !== use.kernel?.out;
}

/** Element v of kernel i at position p is `data[p * stride + items[i] + taps[v]]`. */
export interface FilterView {
  readonly use: Use;
  readonly positions: number;
  /** Kernel size; [] for a matrix. */
  readonly dims: readonly number[];
  readonly data: Float32Array;
  readonly stride: number;
  readonly items: Int32Array;
  readonly taps: Int32Array;
}

/**
 * Makes views of the uses of a weight source, each weight read and checked once. Axes that are neither the use's own nor kernel axes
 * count as kernels of the stack; `within` restricts them. Errors: `importance.missing-weight`, `importance.non-finite`.
 */
export function createFilterViews(weights: WeightSource): (use: Use) => FilterView {
  const views = new Map<number, FilterView>();
  return (use) => {
    const known = views.get(use.id);
    if (known) return known;
    const view = viewFilters(use, weights);
    views.set(use.id, view);
    return view;
  };
}

function viewFilters(use: Use, weights: WeightSource): FilterView {
  const { dims, data } = readFinite(use, weights);
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, dim) => product * dim, 1));
  const spatial = use.kernel?.spatial ?? [];
  const others = dims.map((_, axis) => axis).filter((axis) => axis !== use.axis && !spatial.includes(axis));
  const taps = listOffsets(spatial.map((axis) => ({ from: 0, to: dims[axis]!, stride: strides[axis]! })));
  return {
    use,
    positions: dims[use.axis]!,
    dims: spatial.map((axis) => dims[axis]!),
    data,
    stride: strides[use.axis]!,
    items: listOffsets(
      others.map((axis) => {
        const { from, to } = use.within?.axis === axis ? use.within : { from: 0, to: dims[axis]! };
        return { from, to, stride: strides[axis]! };
      }),
    ),
    taps: use.kernel?.flipped ? taps.reverse() : taps,
  };
}

function readFinite(use: Use, weights: WeightSource): { dims: readonly number[]; data: Float32Array } {
  const weight = weights.read(use.node, use.input);
  if (!weight) {
    throw new EspalierError({
      kind: 'model',
      code: 'importance.missing-weight',
      message: `The weight '${use.value}' has no constant value, so its channels cannot be scored.`,
      hint: 'Export the model with its weights inside, or as constant expressions.',
    });
  }
  const bad = weight.data.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) throw nonFinite(use.value, bad, weight.data[bad]!);
  return weight;
}

/** The error for a NaN or an infinity in a constant. */
export function nonFinite(value: string, index: number, found: number): EspalierError {
  return new EspalierError({
    kind: 'model',
    code: 'importance.non-finite',
    message: `The constant '${value}' holds ${found} at element ${index}, so its channels cannot be scored.`,
    hint: 'The training that made this model diverged, or the file is damaged; export a sound checkpoint.',
  });
}

function listOffsets(axes: readonly { from: number; to: number; stride: number }[]): Int32Array {
  let offsets = [0];
  for (const { from, to, stride } of axes) {
    offsets = offsets.flatMap((base) =>
      Array.from({ length: to - from }, (_, i) => base + (from + i) * stride),
    );
  }
  return Int32Array.from(offsets);
}

/** The kernels at one position, copied out. */
export function gatherKernels(view: FilterView, position: number): KernelStack {
  const { data, items, taps } = view;
  const out = new Float64Array(items.length * taps.length);
  const base = position * view.stride;
  let next = 0;
  for (let i = 0; i < items.length; i++) {
    const start = base + items[i]!;
    for (let v = 0; v < taps.length; v++) out[next++] = data[start + taps[v]!]!;
  }
  return { dims: view.dims, count: items.length, data: out };
}

/** The norms a mass can be taken in: Σ|w| or Σw². */
export type Norm = 'l1' | 'l2';

/** Per position: Σ|w| (`l1`) or Σw² (`l2`) over its kernels, or over the elements `taps` of each kernel. */
export function measureMasses(view: FilterView, norm: Norm, taps: Int32Array = view.taps): Float64Array {
  const { data, items, positions, stride } = view;
  const masses = new Float64Array(positions);
  const squared = norm === 'l2';
  const add = (position: number, item: number): void => {
    const start = position * stride + items[item]!;
    let sum = 0;
    for (let v = 0; v < taps.length; v++) {
      const x = data[start + taps[v]!]!;
      sum += squared ? x * x : Math.abs(x);
    }
    masses[position]! += sum;
  };
  // Walk the larger stride outside: a large matrix read across its rows would miss the cache at every element.
  if (items.length > 1 && items[1]! - items[0]! > stride) {
    for (let item = 0; item < items.length; item++) for (let p = 0; p < positions; p++) add(p, item);
  } else {
    for (let p = 0; p < positions; p++) for (let item = 0; item < items.length; item++) add(p, item);
  }
  return masses;
}
