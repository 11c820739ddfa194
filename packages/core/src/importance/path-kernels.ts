// The two sides of an FSCL pair: a filter seen from the end of a flow path, and the slice that reads it there.
import type { Coupling, Use } from '../coupling/coupling.ts';
import {
  createFilterViews,
  type FilterView,
  gatherKernels,
  measureMasses,
  type Norm,
} from './filter-view.ts';
import type { FlowPath } from './flow-paths.ts';
import {
  type ConvolutionMode,
  composeDims,
  composeKernels,
  countProducts,
  createOverlapFinder,
  gramMatrix,
  type KernelStack,
  kernelSize,
  sumSquaredPairs,
} from './kernel-pairs.ts';
import type { WeightSource } from './weight-source.ts';

/** What FSCL asks about a path and a slice. Scale factors are left to the caller. */
export interface PathKernels {
  /**
   * Σ over the kernel pairs of ‖A_c * B_n‖₁ or ‖A_c * B_n‖₂². L1 has a closed form, the product of both L1 norms (Young's inequality with
   * equality), when either side has a single tap; otherwise undefined. L2 always has one, from Gram matrices.
   */
  readonly measure: (path: FlowPath, use: Use, position: number) => number | undefined;
  /** Multiplications the pair takes where there is no closed form. */
  readonly cost: (path: FlowPath, use: Use) => number;
  /** Number of kernel pairs, C·N. */
  readonly countPairs: (path: FlowPath, use: Use) => number;
  /**
   * The filter's kernels composed with the depthwise kernels of its path. A filter of single taps is one kernel, its mass times those
   * kernels: nothing else of it matters to a norm.
   */
  readonly filter: (path: FlowPath) => KernelStack;
  readonly slice: (use: Use, position: number) => KernelStack;
}

/** Prepares the sides of all pairs of a coupling; every norm and Gram matrix is computed once. */
export function createPathKernels(
  coupling: Pick<Coupling, 'uses'>,
  weights: WeightSource,
  norm: Norm,
  mode: ConvolutionMode,
): PathKernels {
  const viewOf = createFilterViews(weights);
  const findOverlaps = createOverlapFinder(mode);
  const producer = (path: FlowPath): FilterView => viewOf(coupling.uses[path.use]!);
  const rowMasses = remember((use: Use) => measureMasses(viewOf(use), norm));
  const columnMasses = remember((use: Use) => {
    const view = viewOf(use);
    // What a single tap on the other side leaves of the slice in this mode: all of it, or its centre.
    const left = findOverlaps([], view.dims).map((products) => view.taps[products[1]!]!);
    return measureMasses(view, norm, Int32Array.from(left));
  });

  const pathDims = remember((path: FlowPath) =>
    path.kernels.reduce(
      (dims, { use }) => composeDims(dims, viewOf(coupling.uses[use]!).dims),
      producer(path).dims,
    ),
  );
  const filter = (path: FlowPath): KernelStack => {
    const view = producer(path);
    const passed = path.kernels.map(({ use, row }) => gatherKernels(viewOf(coupling.uses[use]!), row));
    if (view.taps.length > 1) return passed.reduce(composeKernels, gatherKernels(view, path.row));
    const mass = rowMasses(view.use)[path.row]!;
    const tap = { dims: view.dims, count: 1, data: Float64Array.of(norm === 'l1' ? mass : Math.sqrt(mass)) };
    return passed.reduce(composeKernels, tap);
  };
  const slice = (use: Use, position: number): KernelStack => gatherKernels(viewOf(use), position);

  const pathMass = remember((path: FlowPath) => {
    if (path.kernels.length === 0) return rowMasses(producer(path).use)[path.row]!;
    return filter(path).data.reduce((sum, x) => sum + (norm === 'l1' ? Math.abs(x) : x * x), 0);
  });
  const pathGram = remember((path: FlowPath) => gramMatrix(filter(path)));
  const sliceGrams = remember((use: Use) => remember((position: number) => gramMatrix(slice(use, position))));

  const measure = (path: FlowPath, use: Use, position: number): number | undefined => {
    const dims = pathDims(path);
    const view = viewOf(use);
    if (kernelSize(dims) === 1 || view.taps.length === 1) {
      return pathMass(path) * columnMasses(use)[position]!;
    }
    if (norm === 'l1') return undefined;
    return sumSquaredPairs(pathGram(path), sliceGrams(use)(position), findOverlaps(dims, view.dims));
  };
  const cost = (path: FlowPath, use: Use): number => {
    const filters = producer(path).taps.length > 1 ? producer(path).items.length : 1;
    const products = countProducts(findOverlaps(pathDims(path), viewOf(use).dims));
    return filters * viewOf(use).items.length * products;
  };
  const countPairs = (path: FlowPath, use: Use): number =>
    producer(path).items.length * viewOf(use).items.length;
  return { measure, cost, countPairs, filter, slice };
}

function remember<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.set(key, value);
    return value;
  };
}
