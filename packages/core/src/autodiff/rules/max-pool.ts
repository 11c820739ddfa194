// The gradient of MaxPool without indices: the result, enlarged to the input's size, is compared with the input, and the elements that
// hold their window's maximum share its gradient equally. (With its Indices output the runtime's MaxPool is ten times slower.)
import type { AttributeValues } from '../../graph/attribute-value.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { Emitter } from '../emitter.ts';
import type { GradientContext, GradientRule, RuleContext, WrittenNode } from '../gradient-rule.ts';
import { type PoolWindow, poolWindow } from './pool-window.ts';

/** One pooling with its values. */
interface Stage {
  readonly window: PoolWindow;
  readonly x: string;
  readonly y: string;
  readonly dims: readonly number[];
  readonly outDims: readonly number[];
}

/** Windows that a position lies in, per axis: one per step that is shorter than the window. */
const overlaps = ({ kernel, strides, dilations }: PoolWindow): readonly number[] =>
  kernel.map((k, axis) => (dilations[axis]! > 1 ? k : Math.ceil(k / strides[axis]!)));

/** The window one axis at a time, where that means fewer comparisons: the maximum over rows of the maxima over columns. */
function stagesOf(window: PoolWindow): readonly PoolWindow[] {
  const counts = overlaps(window);
  const isCheaper = elementCount(counts) > counts.reduce((a, b) => a + b, 0);
  if (!isCheaper) return [window];
  const only = (axis: number, values: readonly number[], other: number): readonly number[] =>
    values.map((value, i) => (i === axis ? value : other));
  return window.kernel.map((_, axis) => ({
    kernel: only(axis, window.kernel, 1),
    strides: only(axis, window.strides, 1),
    dilations: only(axis, window.dilations, 1),
    begins: only(axis, window.begins, 0),
    ends: only(axis, window.ends, 0),
    ceil: window.ceil,
  }));
}

function attributesOf({ kernel, strides, dilations, begins, ends, ceil }: PoolWindow): AttributeValues {
  return {
    kernel_shape: kernel,
    strides,
    pads: [...begins, ...ends],
    ...(dilations.some((d) => d > 1) && { dilations }),
    ...(ceil && { ceil_mode: 1 }),
  };
}

function forward(c: RuleContext): WrittenNode {
  const outputs: string[] = [];
  for (const window of stagesOf(poolWindow(c))) {
    outputs.push(c.emit.op('MaxPool', [outputs.at(-1) ?? c.input(0)], attributesOf(window)));
  }
  const saved = Object.fromEntries(outputs.map((name, i) => [`stage${i}`, name]));
  return { outputs: [outputs.at(-1)!], saved };
}

function backward(c: GradientContext): string {
  const windows = stagesOf(poolWindow(c));
  let dims = c.inShape(0);
  const stages = windows.map((window, i): Stage => {
    const x = i === 0 ? c.input(0) : c.saved(`stage${i - 1}`);
    const isLast = i === windows.length - 1;
    const outDims = isLast ? c.outShape(0) : dims.with(i + 2, c.outShape(0)[i + 2]!);
    const stage = { window, x, y: c.saved(`stage${i}`), dims, outDims };
    dims = outDims;
    return stage;
  });
  return stages.reduceRight((gradient, stage) => stageBack(c.emit, stage, gradient), c.gradient()!);
}

/**
 * A position i of an axis lies in the windows o = ⌊(i + p) / s⌋ − j for j below the overlap. For each j the results, every one
 * repeated s times, lie beside the input after a shift by p − j·s: two such sweeps, one counts the ties, one hands out the gradient.
 */
function stageBack(emit: Emitter, { window, x, y, dims, outDims }: Stage, gradient: string): string {
  const scales = [1, 1, ...window.strides];
  const large = outDims.map((size, axis) => size * scales[axis]!);
  const shifts = shiftsOf(window);
  const holdsAt = (a: string, b: string, mask: string | undefined): string => {
    const holds = emit.nonNegative(emit.sub(a, b));
    return mask === undefined ? holds : emit.mul(holds, mask);
  };
  const enlarged = emit.enlarge(y, scales);
  const isAligned = shifts.length === 1 && large.every((size, axis) => size === dims[axis]!);
  if (isAligned && windowsFill(window)) {
    const holds = holdsAt(x, enlarged, undefined);
    const share = emit.div(gradient, blockSums(emit, holds, window.strides));
    return emit.mul(holds, emit.enlarge(share, scales));
  }
  const within = dims.slice(2);
  const before = shifts.map((shift) => shift.map((by, axis) => by - window.begins[axis]!));
  const behind = before.map((offset) => offset.map((by) => -by));
  const counted = sectionsOf(emit, x, dims, before, large).map((section, i) => {
    const mask = maskOf(emit, window, shifts[i]!, { from: before[i]!, count: large.slice(2), within });
    return holdsAt(section, enlarged, mask);
  });
  const ties = blockSums(
    emit,
    counted.reduce((a, b) => emit.add(a, b)),
    window.strides,
  );
  const share = emit.enlarge(emit.div(gradient, ties), scales);
  const shares = sectionsOf(emit, share, large, behind, dims);
  const parts = sectionsOf(emit, enlarged, large, behind, dims).map((section, i) => {
    const mask = maskOf(emit, window, shifts[i]!, { from: within.map(() => 0), count: within, within });
    return emit.mul(holdsAt(x, section, mask), shares[i]!);
  });
  return parts.reduce((a, b) => emit.add(a, b));
}

/** All combinations of shifts along the axes. */
function shiftsOf(window: PoolWindow): readonly (readonly number[])[] {
  return overlaps(window).reduce<readonly (readonly number[])[]>(
    (shifts, count, axis) => {
      const step = window.dilations[axis]! > 1 ? window.dilations[axis]! : window.strides[axis]!;
      return shifts.flatMap((shift) => Array.from({ length: count }, (_, j) => [...shift, j * step]));
    },
    [[]],
  );
}

/** Whether windows leave no gaps and no padding is read. */
const windowsFill = ({ kernel, strides, begins }: PoolWindow): boolean =>
  kernel.every((k, axis) => k === strides[axis]! && begins[axis] === 0);

/** For every offset, the positions from there on along every spatial axis, as many as `to` has, zeros where there are none. */
function sectionsOf(
  emit: Emitter,
  value: string,
  dims: readonly number[],
  offsets: readonly (readonly number[])[],
  to: readonly number[],
): readonly string[] {
  const spatial = dims.slice(2).map((_, axis) => axis);
  const begins = spatial.map((axis) => Math.max(0, ...offsets.map((from) => -from[axis]!)));
  const ends = spatial.map((axis) =>
    Math.max(0, ...offsets.map((from) => from[axis]! + to[axis + 2]! - dims[axis + 2]!)),
  );
  // One Pad for all sections: it runs on one thread.
  const padded = emit.pad(value, [0, 0, ...begins, 0, 0, ...ends]);
  const axes = spatial.filter((axis) => dims[axis + 2]! + begins[axis]! + ends[axis]! !== to[axis + 2]);
  return offsets.map((from) => {
    if (axes.length === 0) return padded;
    const starts = axes.map((axis) => from[axis]! + begins[axis]!);
    const stops = axes.map((axis, i) => starts[i]! + to[axis + 2]!);
    return emit.slice(
      padded,
      axes.map((axis) => axis + 2),
      starts,
      stops,
    );
  });
}

/** Input positions of one sweep: `count` from `from` on, of which those within the input count. */
interface Positions {
  readonly from: readonly number[];
  readonly count: readonly number[];
  readonly within: readonly number[];
}

/** 1 where a position exists and its tap is one of the window's; undefined where that is everywhere. */
function maskOf(
  emit: Emitter,
  { kernel, strides, dilations, begins }: PoolWindow,
  shift: readonly number[],
  { from, count, within }: Positions,
): string | undefined {
  const axes = count.map((length, axis) =>
    Array.from({ length }, (_, i) => {
      const position = from[axis]! + i;
      const stride = strides[axis]!;
      const phase = (((position + begins[axis]!) % stride) + stride) % stride;
      const isTap = dilations[axis]! > 1 || phase + shift[axis]! < kernel[axis]!;
      return Number(position >= 0 && position < within[axis]! && isTap);
    }),
  );
  if (axes.every((axis) => axis.every((one) => one === 1))) return undefined;
  const data = axes.reduce((grid, axis) => grid.flatMap((a) => axis.map((b) => a * b)), [1]);
  return emit.constant({ type: 'float32', dims: count, data: Float32Array.from(data) });
}

function blockSums(emit: Emitter, value: string, strides: readonly number[]): string {
  const size = elementCount(strides);
  if (size === 1) return value;
  return emit.scale(emit.op('AveragePool', [value], { kernel_shape: strides, strides }), size);
}

/** Gradient of MaxPool. */
export const maxPool: GradientRule = {
  unsupported: (c) => {
    const { strides, dilations } = poolWindow(c);
    if (c.node.outputs.length > 1) return 'also gives the indices of the maxima';
    const isBoth = dilations.some((d, axis) => d > 1 && strides[axis]! > 1);
    return isBoth ? 'has a dilated window with strides' : undefined;
  },
  forward,
  backward: (c) => [() => backward(c)],
};
