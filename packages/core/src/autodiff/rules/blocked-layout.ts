// ONNX Runtime's own convolution in its channel-blocked layout (domain com.microsoft.nchwc): [N, C/B, H, W, B] in memory, declared as
// [N, C, H, W] with C a multiple of the block B. The runtime makes these nodes itself for constant weights; written by hand they
// also take weights that change at every step, which the plain operator runs several times slower.
import { elementCount } from '../../onnx/tensor.ts';
import type { Emitter } from '../emitter.ts';
import { reverseTaps } from './reverse-taps.ts';

/** Where a blocked convolution reads: strides and dilations per spatial axis, pads as ONNX lists them. */
export interface BlockedWindow {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

/** A filter in the layout the blocked operator reads. */
export interface BlockedFilter {
  readonly name: string;
  /** Channels of the result, padded to whole blocks. */
  readonly channels: number;
  readonly depthwise: boolean;
}

/** `count` up to whole blocks. */
export function wholeBlocks(count: number, block: number): number {
  return Math.ceil(count / block) * block;
}

/** The blocked form of a plain value of dims [N, C, H, W], its channels filled with zeros up to whole blocks. */
export function toBlocked(emit: Emitter, value: string, dims: readonly number[]): string {
  // The runtime's operator fills up to whole blocks by itself, but from multiples of 4 only.
  const channels = wholeBlocks(dims[1]!, 4);
  return emit.op('com.microsoft.nchwc::ReorderInput', [padChannels(emit, value, dims, channels)], {
    channels_last: 0,
  });
}

/** The plain form of a blocked value, cut to `channels`. */
export function fromBlocked(emit: Emitter, value: string, channels: number): string {
  return emit.op('com.microsoft.nchwc::ReorderOutput', [value], {
    channels,
    channels_last: 0,
  });
}

/**
 * A weight [O, I, kh, kw] as blocked filter. An input of fewer channels than a block is read in plain layout by the operator: its filter is
 * blocked along O only.
 */
export function blockFilter(
  emit: Emitter,
  weight: string,
  dims: readonly number[],
  block: number,
): BlockedFilter {
  const [outputs, inputs, ...kernel] = dims as readonly [number, number, ...number[]];
  if (inputs < block) return { ...blockRows(emit, weight, dims, block), depthwise: false };
  const taps = elementCount(kernel);
  const channels = wholeBlocks(outputs, block);
  const depth = wholeBlocks(inputs, block);
  const padded = emit.pad(weight, [0, 0, 0, 0, channels - outputs, depth - inputs, 0, 0]);
  const parted = emit.reshape(padded, [channels / block, block, depth / block, block, taps]);
  const name = emit.reshape(emit.transpose(parted, [0, 2, 4, 3, 1]), [channels, depth, ...kernel]);
  return { name, channels, depthwise: false };
}

/** The filter [I, O, kh, kw] that carries gradients back through a weight [O, I, kh, kw]: transposed, its taps in reverse order. */
export function blockBackwardFilter(
  emit: Emitter,
  weight: string,
  dims: readonly number[],
  block: number,
): BlockedFilter {
  const [outputs, inputs, ...kernel] = dims as readonly [number, number, ...number[]];
  const flipped = reverseTaps(emit, weight, dims);
  return blockFilter(emit, emit.transpose(flipped, [1, 0, 2, 3]), [inputs, outputs, ...kernel], block);
}

/** A depthwise weight [C, 1, kh, kw] as blocked filter, its taps reversed for the way back. */
export function blockDepthwiseFilter(
  emit: Emitter,
  weight: string,
  dims: readonly number[],
  block: number,
  reversed = false,
): BlockedFilter {
  const ordered = reversed ? reverseTaps(emit, weight, dims) : weight;
  return { ...blockRows(emit, ordered, dims, block), depthwise: true };
}

/** The depthwise 1×1 filter that changes nothing: a convolution with it only pads. */
export function copyFilter(emit: Emitter, count: number, block: number): BlockedFilter {
  const channels = wholeBlocks(count, block);
  const data = new Float32Array(channels).fill(1);
  const name = emit.constant({ type: 'float32', dims: [channels, 1, 1, 1], data });
  return { name, channels, depthwise: true };
}

/** A convolution of a blocked value (or of a plain one of fewer channels than a block). */
export function blockedConv(
  emit: Emitter,
  value: string,
  filter: BlockedFilter,
  { strides, dilations, pads }: BlockedWindow,
): string {
  return emit.op('com.microsoft.nchwc::Conv', [value, filter.name], {
    strides,
    dilations,
    pads,
    group: filter.depthwise ? filter.channels : 1,
    auto_pad: 'NOTSET',
  });
}

/** A weight blocked along its first axis only. */
function blockRows(emit: Emitter, weight: string, dims: readonly number[], block: number) {
  const [outputs, ...rest] = dims as readonly [number, ...number[]];
  const channels = wholeBlocks(outputs, block);
  const padded = emit.pad(weight, [0, 0, 0, 0, channels - outputs, 0, 0, 0]);
  const parted = emit.reshape(padded, [channels / block, block, elementCount(rest)]);
  return { name: emit.reshape(emit.transpose(parted, [0, 2, 1]), [channels, ...rest]), channels };
}

function padChannels(emit: Emitter, value: string, dims: readonly number[], channels: number): string {
  const missing = channels - dims[1]!;
  if (missing === 0) return value;
  const shape = dims.with(1, missing);
  const zeros = emit.expand(emit.scalar(0), shape);
  return emit.concat([value, zeros], 1);
}
