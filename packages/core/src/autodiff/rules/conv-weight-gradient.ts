// The gradient of a convolution's weights, tap by tap: for the tap (i, j) of the kernel it is the matrix product of the output's gradient
// with the input shifted by (i, j), over all positions. No patch matrix is ever built.
import { elementCount } from '../../onnx/tensor.ts';
import type { ConvolutionChoice, ConvolutionShape } from '../convolution-choices.ts';
import type { GradientContext } from '../gradient-rule.ts';
import { blockedConv, fromBlocked, tapFilter, toBlocked } from './blocked-layout.ts';

/** Writes the gradient of the weights of a convolution in the chosen formulation. */
export function weightGradient(
  c: GradientContext,
  shape: ConvolutionShape,
  _choice: ConvolutionChoice,
  gradient: string,
): string {
  const { emit } = c;
  const { input, weight, groups } = shape;
  const [outputs, perGroup, ...kernel] = weight as readonly [number, number, ...number[]];
  const batch = input[0]!;
  const positions = elementCount(c.outShape(0).slice(2));
  const parts = shiftedPairs(c, shape, gradient).map(({ x, dy, length = positions }) => {
    if (groups > 1 && perGroup === 1 && outputs === groups) {
      // One channel a group: the products are dot products, which run faster element by element.
      return emit.reduceSum(emit.mul(x, dy), [0, 2]);
    }
    const a = emit.reshape(dy, [batch, groups, outputs / groups, length]);
    const b = emit.reshape(x, [batch, groups, perGroup, length]);
    return emit.reduceSum(emit.matmul(a, b, { transB: true, rank: 4 }), [0]);
  });
  const columns = parts.map((part) => emit.reshape(part, [outputs, perGroup, 1]));
  return emit.reshape(emit.concat(columns, 2), [outputs, perGroup, ...kernel]);
}

/** Input and output gradient as they meet at one tap, [N, C, length] each. */
interface Pair {
  readonly x: string;
  readonly dy: string;
  readonly length?: number;
}

function shiftedPairs(c: GradientContext, shape: ConvolutionShape, gradient: string): readonly Pair[] {
  const { emit } = c;
  const { input, weight, strides, dilations, pads } = shape;
  const output = c.outShape(0);
  const [batch, channels] = input as readonly [number, number];
  const flatDims = (dims: readonly number[]): readonly number[] => [
    dims[0]!,
    dims[1]!,
    elementCount(dims.slice(2)),
  ];
  const kernel = weight.slice(2);
  const dy = emit.reshape(gradient, flatDims(output));
  if (kernel.every((k) => k === 1) && strides.every((s) => s === 1) && pads.every((p) => p === 0)) {
    return [{ x: emit.reshape(c.input(0), flatDims(input)), dy }];
  }
  if (kernel.length === 2 && strides.every((s) => s === 1)) return flatShifts(c, shape, gradient);
  const padded = emit.pad(c.input(0), interleavePads(pads));
  const axes = kernel.map((_, axis) => axis + 2);
  return tapsOf(kernel).map((tap) => {
    const starts = tap.map((k, axis) => k * dilations[axis]!);
    const ends = starts.map((start, axis) => start + (output[axis + 2]! - 1) * strides[axis]! + 1);
    const window = emit.slice(padded, axes, starts, ends, strides);
    return { x: emit.reshape(window, [batch, channels, elementCount(output.slice(2))]), dy };
  });
}

/**
 * Stride 1: with both values in rows of the padded width, a shift by (i, j) is a shift by i·width + j in memory, so that each shifted
 * input is one contiguous piece per channel. The zeros that fill the gradient's rows cancel what runs over.
 */
function flatShifts(c: GradientContext, shape: ConvolutionShape, gradient: string): readonly Pair[] {
  const { emit } = c;
  const { input, weight, dilations, pads } = shape;
  const output = c.outShape(0);
  const [batch, channels, height, width] = input as readonly [number, number, number, number];
  const [outputHeight, outputWidth] = output.slice(2) as unknown as readonly [number, number];
  const [top, left, bottom, right] = pads as readonly [number, number, number, number];
  const rows = height + top + bottom;
  const columns = width + left + right;
  const length = (outputHeight - 1) * columns + outputWidth;
  const x = padImages(c, c.input(0), input, [top, left, bottom, right]);
  const wide = padImages(c, gradient, output, [0, 0, 0, columns - outputWidth]);
  const flat = emit.reshape(x, [batch, channels, rows * columns]);
  const dyFlat = emit.reshape(wide, [batch, output[1]!, outputHeight * columns]);
  const dy = length === outputHeight * columns ? dyFlat : emit.slice(dyFlat, [2], [0], [length]);
  return tapsOf(weight.slice(2)).map(([i, j]) => {
    const offset = i! * dilations[0]! * columns + j! * dilations[1]!;
    return { x: emit.slice(flat, [2], [offset], [offset + length]), dy, length };
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
  if (choices.block === 0 || dims[1]! < choices.block / 2) return emit.pad(value, interleavePads(pads));
  const filter = tapFilter(emit, dims[1]!, [1, 1], 0, choices.block);
  const window = { strides: [1, 1], dilations: [1, 1], pads };
  return fromBlocked(emit, blockedConv(emit, toBlocked(emit, value, dims), filter, window), dims[1]!);
}

/** Spatial pads as pads of a whole [N, C, …] value. */
function interleavePads(pads: readonly number[]): readonly number[] {
  const rank = pads.length / 2;
  return [0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)];
}

function tapsOf(kernel: readonly number[]): readonly (readonly number[])[] {
  return kernel.reduce<readonly (readonly number[])[]>(
    (taps, size) => taps.flatMap((tap) => Array.from({ length: size }, (_, k) => [...tap, k])),
    [[]],
  );
}
