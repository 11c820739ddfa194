// Slice: where it reads, and the way back. Steps are undone by enlarging the gradient and a constant mask of zeros between the rows.
import { intsAttribute } from '../../graph/attributes.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { NodeFacts } from '../../ops/operator.ts';
import type { Emitter } from '../emitter.ts';

/** Positions start, start + step, … of an axis. */
export interface SliceRange {
  readonly start: number;
  readonly step: number;
}

/** Where a Slice node begins and how it steps, for every axis of its input. */
export function sliceRanges(c: NodeFacts): readonly SliceRange[] {
  const dims = c.inShape(0);
  const starts = intsAttribute(c.node, 'starts') ?? c.content(1) ?? [];
  const axes = intsAttribute(c.node, 'axes') ?? c.content(3) ?? starts.map((_, i) => i);
  const steps = c.content(4) ?? starts.map(() => 1);
  const places = axes.map((axis) => (axis < 0 ? axis + dims.length : axis));
  return dims.map((size, axis) => {
    const at = places.indexOf(axis);
    if (at < 0) return { start: 0, step: 1 };
    const step = steps[at]!;
    const start = starts[at]! < 0 ? starts[at]! + size : starts[at]!;
    return { start: Math.min(Math.max(start, 0), step > 0 ? size : size - 1), step };
  });
}

/** Puts a value of dims `from` to the positions it was sliced from, in zeros of dims `to`. */
export function sliceBack(
  emit: Emitter,
  value: string,
  from: readonly number[],
  to: readonly number[],
  ranges: readonly SliceRange[],
): string {
  const forwards = ranges.reduce((turned, { step }, axis) => {
    if (step > 0 || from[axis] === 1) return turned;
    const order = emit.integers(Array.from({ length: from[axis]! }, (_, i) => from[axis]! - 1 - i));
    return emit.op('Gather', [turned, order], { axis });
  }, value);
  const strides = ranges.map(({ step }, axis) => (from[axis] === 1 ? 1 : Math.abs(step)));
  const spread = spreadOut(emit, forwards, from, strides);
  const begins = ranges.map(({ start, step }, axis) => (step > 0 ? start : start + (from[axis]! - 1) * step));
  const ends = begins.map((begin, axis) => to[axis]! - begin - from[axis]! * strides[axis]!);
  return emit.pad(spread, [...begins, ...ends]);
}

/** Every element followed by stride − 1 zeros along every axis. */
export function spreadOut(
  emit: Emitter,
  value: string,
  dims: readonly number[],
  strides: readonly number[],
): string {
  if (strides.every((stride) => stride === 1)) return value;
  const large = emit.enlarge(value, strides);
  return strides.reduce((result, stride, axis) => {
    if (stride === 1) return result;
    const shape = dims.map((size, i) => (i === axis ? size * stride : 1));
    const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => Number(i % stride === 0));
    return emit.mul(result, emit.constant({ type: 'float32', dims: shape, data }));
  }, large);
}
