// Writes the nodes of a gradient: standard operators whose spelling follows the opset of the model they are added to, so that a
// backward graph lives in the same file as a forward graph of any age.
import { type AttributeValues, float, floats } from '../graph/attribute-value.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { NdArray } from '../onnx/nd-array.ts';

/** What the graph that is written to may hold. */
export interface EmitterOptions {
  /** Version of the default operator set. */
  readonly opset: number;
  /**
   * Whether the runtime knows ONNX Runtime's own operators (`com.microsoft`), which the graph must then import. Products with
   * transposed operands are written as FusedMatMul, else as Transpose and MatMul. Default false.
   */
  readonly contrib?: boolean;
}

/** Turns the smallest normal float32 into more than 1, and overflows nothing at 0. */
const STEEP = 3e38;

/** Most outputs of one Split: with its input they are the eight buffers that every WebGPU device can bind at once. */
const SPLIT_OUTPUTS = 7;

/** Adds nodes to a graph, one method per operation; every method takes names of values and returns the name of its result. */
export class Emitter {
  readonly graph: GraphBuilder;
  readonly opset: number;
  readonly contrib: boolean;
  readonly #scalars = new Map<number, string>();
  readonly #integers = new Map<string, string>();

  constructor(graph: GraphBuilder, { opset, contrib = false }: EmitterOptions) {
    this.graph = graph;
    this.opset = opset;
    this.contrib = contrib;
  }

  /** One node with one output. */
  op(opType: string, inputs: readonly string[], attributes: AttributeValues = {}): string {
    return this.graph.node(opType, inputs, attributes);
  }

  /** A float32 scalar, one constant per number. */
  scalar(value: number): string {
    const known = this.#scalars.get(value);
    if (known !== undefined) return known;
    const name = this.graph.constant({ dims: [], data: [value] });
    this.#scalars.set(value, name);
    return name;
  }

  /** A 1-D int64 constant, one per content. */
  integers(values: readonly number[]): string {
    const key = values.join();
    const known = this.#integers.get(key);
    if (known !== undefined) return known;
    const name = this.graph.integers(values);
    this.#integers.set(key, name);
    return name;
  }

  constant(array: NdArray): string {
    return this.graph.constant(array);
  }

  add(a: string, b: string): string {
    return this.op('Add', [a, b]);
  }

  sub(a: string, b: string): string {
    return this.op('Sub', [a, b]);
  }

  mul(a: string, b: string): string {
    return this.op('Mul', [a, b]);
  }

  div(a: string, b: string): string {
    return this.op('Div', [a, b]);
  }

  neg(a: string): string {
    return this.op('Neg', [a]);
  }

  /** a·factor. */
  scale(a: string, factor: number): string {
    return factor === 1 ? a : this.mul(a, this.scalar(factor));
  }

  /** 1 where a > 0, else 0. A steep HardSigmoid: a comparison and its Cast take several times longer. */
  positive(a: string): string {
    return this.op('HardSigmoid', [a], { alpha: float(STEEP), beta: float(0) });
  }

  /** 1 where a ≥ 0, else 0. */
  nonNegative(a: string): string {
    return this.op('HardSigmoid', [a], { alpha: float(STEEP), beta: float(1) });
  }

  /** a^exponent for every element. */
  power(a: string, exponent: number): string {
    return this.op('Pow', [a, this.scalar(exponent)]);
  }

  toFloat(a: string): string {
    return this.op('Cast', [a], { to: 1 });
  }

  reshape(a: string, dims: readonly number[]): string {
    return this.op('Reshape', [a, this.integers(dims)]);
  }

  transpose(a: string, perm: readonly number[]): string {
    return perm.every((axis, i) => axis === i) ? a : this.op('Transpose', [a], { perm });
  }

  expand(a: string, dims: readonly number[]): string {
    return this.op('Expand', [a, this.integers(dims)]);
  }

  concat(parts: readonly string[], axis: number): string {
    return parts.length === 1 ? parts[0]! : this.op('Concat', parts, { axis });
  }

  split(a: string, sizes: readonly number[], axis: number): readonly string[] {
    if (sizes.length === 1) return [a];
    if (sizes.length > SPLIT_OUTPUTS) {
      const chunks = chunksOf(sizes, Math.ceil(sizes.length / SPLIT_OUTPUTS));
      const wholes = this.split(a, chunks.map(total), axis);
      return chunks.flatMap((chunk, i) => this.split(wholes[i]!, chunk, axis));
    }
    return this.opset < 13
      ? this.graph.nodes('Split', [a], { axis, split: sizes }, sizes.length)
      : this.graph.nodes('Split', [a, this.integers(sizes)], { axis }, sizes.length);
  }

  slice(
    a: string,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    steps: readonly number[] = [],
  ): string {
    const isStepped = steps.some((step) => step !== 1);
    if (this.opset < 10) {
      return isStepped
        ? this.#pick(a, axes, starts, ends, steps)
        : this.op('Slice', [a], { axes, starts, ends });
    }
    const inputs = [a, this.integers(starts), this.integers(ends), this.integers(axes)];
    return this.op('Slice', isStepped ? [...inputs, this.integers(steps)] : inputs);
  }

  /** Zeros around: `pads` as ONNX lists them, all beginnings, then all ends; negative ones crop. */
  pad(a: string, pads: readonly number[]): string {
    if (pads.every((n) => n === 0)) return a;
    return this.opset < 11
      ? this.op('Pad', [a], { pads })
      : this.op('Pad', [a, this.integers(pads)], { mode: 'constant' });
  }

  reduceSum(a: string, axes: readonly number[], keepdims = false): string {
    return this.#reduce('ReduceSum', 13, a, axes, keepdims);
  }

  reduceMean(a: string, axes: readonly number[], keepdims = false): string {
    return this.#reduce('ReduceMean', 18, a, axes, keepdims);
  }

  reduceMax(a: string, axes: readonly number[], keepdims = false): string {
    return this.#reduce('ReduceMax', 18, a, axes, keepdims);
  }

  /** a·b over the last two axes, either transposed first. */
  matmul(
    a: string,
    b: string,
    { transA = false, transB = false, rank = 2, rankB = rank }: MatmulOptions = {},
  ): string {
    if (!transA && !transB) return this.op('MatMul', [a, b]);
    if (this.contrib) {
      return this.op('com.microsoft::FusedMatMul', [a, b], {
        transA: Number(transA),
        transB: Number(transB),
      });
    }
    return this.op('MatMul', [
      transA ? this.transpose(a, swapLast(rank)) : a,
      transB ? this.transpose(b, swapLast(rankB)) : b,
    ]);
  }

  /** alpha·a·b of two matrices, either transposed first. */
  gemm(a: string, b: string, { transA = false, transB = false, alpha = 1 }: GemmOptions = {}): string {
    const attributes = { transA: Number(transA), transB: Number(transB), alpha: float(alpha) };
    return this.op('Gemm', this.opset < 11 ? [a, b, this.scalar(0)] : [a, b], attributes);
  }

  /** Every element repeated `scales[axis]` times along every axis. */
  enlarge(a: string, scales: readonly number[]): string {
    if (scales.every((scale) => scale === 1)) return a;
    if (this.opset < 9) return this.op('Upsample', [a], { scales: floats(scales), mode: 'nearest' });
    const factors = this.graph.constant({ dims: [scales.length], data: scales });
    if (this.opset === 9) return this.op('Upsample', [a, factors], { mode: 'nearest' });
    if (this.opset === 10) return this.op('Resize', [a, factors], { mode: 'nearest' });
    const region = this.opset < 13 ? this.graph.constant({ dims: [0], data: [] }) : '';
    return this.op('Resize', [a, region, factors], {
      mode: 'nearest',
      nearest_mode: 'floor',
      coordinate_transformation_mode: 'asymmetric',
    });
  }

  /** Sums a value of dims `from` down to dims `to`, from which it was broadcast. */
  sumTo(a: string, from: readonly number[], to: readonly number[]): string {
    const lead = from.length - to.length;
    const axes = from.flatMap((size, axis) => {
      const target = axis < lead ? undefined : to[axis - lead]!;
      return target === undefined || (target === 1 && size !== 1) ? [axis] : [];
    });
    const summed = axes.length === 0 ? a : this.reduceSum(a, axes, true);
    return lead === 0 ? summed : this.reshape(summed, to);
  }

  /** A slice with positive steps, by indices: before opset 10 Slice has none. */
  #pick(
    a: string,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    steps: readonly number[],
  ): string {
    return axes.reduce((value, axis, i) => {
      const [start, step] = [starts[i]!, steps[i]!];
      const length = Math.ceil((ends[i]! - start) / step);
      const positions = this.integers(Array.from({ length }, (_, at) => start + at * step));
      return this.op('Gather', [value, positions], { axis });
    }, a);
  }

  #reduce(opType: string, since: number, a: string, axes: readonly number[], keepdims: boolean): string {
    const keep = { keepdims: Number(keepdims) };
    return this.opset < since
      ? this.op(opType, [a], { axes, ...keep })
      : this.op(opType, [a, this.integers(axes)], keep);
  }
}

/** How {@link Emitter.matmul} reads its operands. */
export interface MatmulOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Rank of a, default 2. */
  readonly rank?: number;
  /** Rank of b, default that of a. */
  readonly rankB?: number;
}

/** How {@link Emitter.gemm} reads its operands. */
export interface GemmOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Factor, default 1. */
  readonly alpha?: number;
}

function swapLast(rank: number): readonly number[] {
  return Array.from({ length: rank }, (_, axis) =>
    axis < rank - 2 ? axis : axis === rank - 2 ? rank - 1 : rank - 2,
  );
}

function chunksOf(sizes: readonly number[], length: number): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(sizes.length / length) }, (_, i) =>
    sizes.slice(i * length, (i + 1) * length),
  );
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
