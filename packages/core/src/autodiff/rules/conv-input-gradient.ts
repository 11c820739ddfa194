// The gradient of a convolution's input: the gradient of its output, spread back through the weights.
import { elementCount } from '../../onnx/tensor.ts';
import type { ConvolutionChoice, ConvolutionShape } from '../convolution-choices.ts';
import type { Emitter } from '../emitter.ts';
import type { GradientContext } from '../gradient-rule.ts';
import {
  blockBackwardFilter,
  blockDepthwiseFilter,
  blockedConv,
  fromBlocked,
  toBlocked,
} from './blocked-layout.ts';
import { reverseTaps } from './reverse-taps.ts';

/** Writes the gradient of the input of a convolution in the chosen formulation. */
export function inputGradient(
  c: GradientContext,
  shape: ConvolutionShape,
  { input: formulation }: ConvolutionChoice,
  gradient: string,
): string {
  switch (formulation) {
    case 'transposed':
      return transposedConvolution(c, shape, gradient);
    case 'flipped':
      return flippedConvolution(c, shape, gradient);
    case 'blocked':
      return blockedConvolution(c, shape, gradient);
  }
}

/** ConvTranspose is the very operator; only what the stride left over at the end has to be named. */
function transposedConvolution(c: GradientContext, shape: ConvolutionShape, gradient: string): string {
  const { strides, dilations, pads, groups } = shape;
  return c.emit.op('ConvTranspose', [gradient, c.input(1)], {
    strides,
    dilations,
    pads,
    group: groups,
    output_padding: leftovers(shape, c.outShape(0)),
  });
}

/** Stride 1: a convolution with the weights transposed group by group, their taps in reverse order. */
function flippedConvolution(c: GradientContext, shape: ConvolutionShape, gradient: string): string {
  const { emit } = c;
  const { weight, dilations, groups } = shape;
  const [outputs, perGroup, ...kernel] = weight as readonly [number, number, ...number[]];
  const reversed = reverseTaps(emit, c.input(1), weight);
  const parted = emit.reshape(reversed, [groups, outputs / groups, perGroup, elementCount(kernel)]);
  const turned = emit.transpose(parted, [0, 2, 1, 3]);
  const filter = emit.reshape(turned, [groups * perGroup, outputs / groups, ...kernel]);
  const { value, pads } = cropped(emit, gradient, backwardPads(shape));
  return emit.op('Conv', [value, filter], { dilations, group: groups, pads });
}

/** The blocked operator; between the rows and columns of a strided gradient zeros are filled in first. */
function blockedConvolution(c: GradientContext, shape: ConvolutionShape, gradient: string): string {
  const { emit } = c;
  const { weight, dilations, groups, input, strides } = shape;
  const { block } = c.choices;
  const dims = c.outShape(0);
  const dense = strides.some((s) => s > 1) ? spread(emit, gradient, dims, strides) : gradient;
  const denseDims = [dims[0]!, dims[1]!, ...strides.map((s, axis) => dims[axis + 2]! * s)];
  const extra = strides.map((s, axis) => leftovers(shape, dims)[axis]! - (s - 1));
  const filter =
    groups > 1
      ? blockDepthwiseFilter(emit, c.input(1), weight, block, true)
      : blockBackwardFilter(emit, c.input(1), weight, block);
  const wanted = backwardPads(shape).map((pad, i) =>
    i < extra.length ? pad : pad + extra[i - extra.length]!,
  );
  const { value: fitted, pads } = cropped(emit, dense, wanted);
  const plainInput = groups === 1 && dims[1]! < block;
  const value = plainInput ? fitted : toBlocked(emit, fitted, denseDims);
  const window = { strides: strides.map(() => 1), dilations, pads };
  return fromBlocked(emit, blockedConv(emit, value, filter, window), input[1]!);
}

/** No convolution takes negative pads: what they would crop is cut off beforehand. */
function cropped(
  emit: Emitter,
  value: string,
  pads: readonly number[],
): { readonly value: string; readonly pads: readonly number[] } {
  const rank = pads.length / 2;
  const crops = pads.map((pad) => Math.min(0, pad));
  return {
    value: emit.pad(value, [0, 0, ...crops.slice(0, rank), 0, 0, ...crops.slice(rank)]),
    pads: pads.map((pad) => Math.max(0, pad)),
  };
}

/** [N, C, h, w] to [N, C, h·sh, w·sw] with zeros behind every element. */
function spread(emit: Emitter, value: string, dims: readonly number[], strides: readonly number[]): string {
  const [batch, channels, ...spatial] = dims as readonly [number, number, ...number[]];
  const parted = [batch, channels, ...spatial.flatMap((size) => [size, 1])];
  const pads = strides.flatMap((s) => [0, s - 1]);
  const padded = emit.pad(emit.reshape(value, parted), [...parted.map(() => 0), 0, 0, ...pads]);
  return emit.reshape(padded, [batch, channels, ...spatial.map((size, axis) => size * strides[axis]!)]);
}

/** Pads of the convolution that runs backwards: what a full correlation needs, less what was padded. */
function backwardPads({ weight, dilations, pads }: ConvolutionShape): readonly number[] {
  const rank = dilations.length;
  return pads.map((pad, i) => (weight[(i % rank) + 2]! - 1) * dilations[i % rank]! - pad);
}

/** Rows at the end that the strided window never reached. */
function leftovers(shape: ConvolutionShape, output: readonly number[]): readonly number[] {
  const { input, weight, strides, dilations, pads } = shape;
  const rank = strides.length;
  return strides.map((stride, axis) => {
    const window = (weight[axis + 2]! - 1) * dilations[axis]! + 1;
    const reached = (output[axis + 2]! - 1) * stride + window;
    return input[axis + 2]! + pads[axis]! + pads[axis + rank]! - reached;
  });
}
