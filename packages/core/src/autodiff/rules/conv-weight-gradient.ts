// The gradient of a convolution's weights, tap by tap: for the tap (i, j) of the kernel it is the matrix product of the output's gradient
// with the input shifted by (i, j), over all positions. No patch matrix is ever built.
import { elementCount } from '../../onnx/tensor.ts';
import type { ConvolutionChoice, ConvolutionShape } from '../convolution-choices.ts';
import type { GradientContext } from '../gradient-rule.ts';
import { blockedConv, copyFilter, fromBlocked, toBlocked } from './blocked-layout.ts';

/** Writes the gradient of the weights of a convolution in the chosen formulation. */
export function weightGradient(
  c: GradientContext,
  shape: ConvolutionShape,
  { weight: formulation }: ConvolutionChoice,
  gradient: string,
): string {
  const { emit } = c;
  const [outputs, perGroup, ...kernel] = shape.weight as readonly [number, number, ...number[]];
  const products =
    formulation === 'rows'
      ? shiftedRows(c, shape, gradient).map(({ x, dy }) => emit.matmul(dy, x, { transA: true }))
      : shiftedImages(c, shape, gradient).map((pair) => multiplyImages(c, shape, pair));
  const columns = products.map((product) => emit.reshape(product, [outputs, perGroup, 1]));
  return emit.reshape(emit.concat(columns, 2), [outputs, perGroup, ...kernel]);
}

/** Input and output gradient as they meet at one tap. */
interface Pair {
  readonly x: string;
  readonly dy: string;
  /** How many positions meet. */
  readonly length: number;
}

/** [N, O, L] · [N, C, L]ᵀ image by image and group by group, summed. */
function multiplyImages(c: GradientContext, shape: ConvolutionShape, { x, dy, length }: Pair): string {
  const { emit } = c;
  const { groups, weight, input } = shape;
  const [outputs, perGroup] = weight as readonly [number, number];
  if (groups === 1) return emit.reduceSum(emit.matmul(dy, x, { transB: true, rank: 3 }), [0]);
  // One channel a group: dot products, which run faster element by element.
  if (perGroup === 1 && outputs === groups) return emit.reduceSum(emit.mul(x, dy), [0, 2]);
  const a = emit.reshape(dy, [input[0]!, groups, outputs / groups, length]);
  const b = emit.reshape(x, [input[0]!, groups, perGroup, length]);
  return emit.reduceSum(emit.matmul(a, b, { transB: true, rank: 4 }), [0]);
}

/** Per tap, in the order of the kernel: x [N, C, L] and dy [N, O, L]. */
function shiftedImages(c: GradientContext, shape: ConvolutionShape, gradient: string): readonly Pair[] {
  const { emit } = c;
  const { input, weight, strides, dilations, pads } = shape;
  const output = c.outShape(0);
  const kernel = weight.slice(2);
  const length = elementCount(output.slice(2));
  if (isPointwise(shape)) {
    return [{ x: flatten(c, c.input(0), input), dy: flatten(c, gradient, output), length }];
  }
  if (kernel.length === 2 && strides.every((s) => s === 1)) return contiguousImages(c, shape, gradient);
  const padded = emit.pad(c.input(0), wholePads(pads));
  const dy = flatten(c, gradient, output);
  const axes = kernel.map((_, axis) => axis + 2);
  return tapsOf(kernel).map((tap) => {
    const starts = tap.map((k, axis) => k * dilations[axis]!);
    const ends = starts.map((start, axis) => start + (output[axis + 2]! - 1) * strides[axis]! + 1);
    const window = emit.slice(padded, axes, starts, ends, strides);
    return { x: emit.reshape(window, [input[0]!, input[1]!, length]), dy, length };
  });
}

/**
 * Stride 1: with rows of the padded width in both values, a shift by (i, j) is a shift by i·width + j in memory, so that what is shifted stays
 * one piece per channel. The input is shifted by j and the gradient back by i: six copies for a kernel of 3×3 instead of nine.
 */
function contiguousImages(c: GradientContext, shape: ConvolutionShape, gradient: string): readonly Pair[] {
  const { emit } = c;
  const { input, weight, dilations, pads } = shape;
  const output = c.outShape(0);
  const [height, width] = weight.slice(2) as unknown as readonly [number, number];
  const { rows, columns } = paddedSize(shape);
  const reach = (height - 1) * dilations[0]!;
  const x = padImages(c, c.input(0), input, pads);
  const dy = padImages(c, gradient, output, [reach, 0, reach, columns - output[3]!]);
  const flatX = flatten(c, x, [input[0]!, input[1]!, rows, columns]);
  const flatDy = flatten(c, dy, [input[0]!, output[1]!, output[2]! + 2 * reach, columns]);
  const length = rows * columns - (width - 1) * dilations[1]!;
  const cut = (value: string, start: number): string => emit.slice(value, [2], [start], [start + length]);
  const xs = Array.from({ length: width }, (_, j) => cut(flatX, j * dilations[1]!));
  const dys = Array.from({ length: height }, (_, i) => cut(flatDy, (reach - i * dilations[0]!) * columns));
  return dys.flatMap((shifted) => xs.map((each) => ({ x: each, dy: shifted, length })));
}

/**
 * Per tap, in the order of the kernel: x [R, C] and dy [R, O], the rows of all images one after the other, channels last. Stride 1, one group,
 * two dims. The zeros that pad the gradient to the input's size keep the images apart.
 */
function shiftedRows(c: GradientContext, shape: ConvolutionShape, gradient: string): readonly Pair[] {
  const { emit } = c;
  const { input, weight, dilations, pads } = shape;
  const output = c.outShape(0);
  const { rows, columns } = paddedSize(shape);
  const count = input[0]! * rows * columns;
  const toRows = (value: string, channels: number): string =>
    emit.reshape(emit.transpose(value, [0, 2, 3, 1]), [count, channels]);
  const x = toRows(padImages(c, c.input(0), input, pads), input[1]!);
  const tail = [0, 0, rows - output[2]!, columns - output[3]!];
  const dy = toRows(padImages(c, gradient, output, tail), output[1]!);
  const length = count - (rows - output[2]!) * columns - (columns - output[3]!);
  const meeting = emit.slice(dy, [0], [0], [length]);
  return tapsOf(weight.slice(2)).map(([i, j]) => {
    const start = i! * dilations[0]! * columns + j! * dilations[1]!;
    return { x: emit.slice(x, [0], [start], [start + length]), dy: meeting, length };
  });
}

/** Zeros around every image. The runtime's Pad runs on one thread; a blocked convolution with a single 1 pads on all of them. */
function padImages(
  c: GradientContext,
  value: string,
  dims: readonly number[],
  pads: readonly number[],
): string {
  const { emit, choices } = c;
  if (pads.every((p) => p === 0)) return value;
  if (choices.block === 0 || dims[1]! < choices.block / 2) return emit.pad(value, wholePads(pads));
  const filter = copyFilter(emit, dims[1]!, choices.block);
  const window = { strides: [1, 1], dilations: [1, 1], pads };
  return fromBlocked(emit, blockedConv(emit, toBlocked(emit, value, dims), filter, window), dims[1]!);
}

function flatten(c: GradientContext, value: string, dims: readonly number[]): string {
  return c.emit.reshape(value, [dims[0]!, dims[1]!, elementCount(dims.slice(2))]);
}

function isPointwise({ weight, strides, pads }: ConvolutionShape): boolean {
  return weight.slice(2).every((k) => k === 1) && strides.every((s) => s === 1) && pads.every((p) => p === 0);
}

function paddedSize({ input, pads }: ConvolutionShape): { readonly rows: number; readonly columns: number } {
  const [top, left, bottom, right] = pads as readonly [number, number, number, number];
  return { rows: input[2]! + top + bottom, columns: input[3]! + left + right };
}

/** Spatial pads as pads of a whole [N, C, …] value. */
function wholePads(pads: readonly number[]): readonly number[] {
  const rank = pads.length / 2;
  return [0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)];
}

/** Every position of a kernel, the last axis fastest. */
function tapsOf(kernel: readonly number[]): readonly (readonly number[])[] {
  return kernel.reduce<readonly (readonly number[])[]>(
    (taps, size) => taps.flatMap((tap) => Array.from({ length: size }, (_, k) => [...tap, k])),
    [[]],
  );
}
