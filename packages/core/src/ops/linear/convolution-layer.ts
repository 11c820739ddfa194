// Convolutions as linear layers: ordinary, grouped, depthwise and transposed, any number of spatial axes.
import { intAttribute, intsAttribute, stringAttribute } from '../../graph/attributes.ts';
import type { Node } from '../../onnx/model.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { NodeFacts } from '../operator.ts';
import type { LinearLayer, Window } from './linear-layer.ts';

/** Geometry of one spatial axis. */
interface Slide {
  readonly size: number;
  readonly out: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
}

/** Conv with a constant weight and no bias or a constant one. */
export function convLayer(facts: NodeFacts): LinearLayer | undefined {
  if (!hasConstantWeights(facts)) return undefined;
  const [outputs, inputs, ...kernel] = facts.inShape(1) as [number, number, ...number[]];
  const groups = intAttribute(facts.node, 'group', 1);
  const volume = elementCount(kernel);
  const windows = slidesOf(facts, kernel).map((slide, i): Window => {
    const { taps, stride, dilation } = slide;
    const begin = padBegin(facts.node, i, kernel.length, neededPads(slide));
    return {
      axis: 2 + i,
      taps,
      reads: (tap, position) => position * stride - begin + tap * dilation,
    };
  });
  return {
    ...{ data: 0, weight: 1, bias: 2, inAxis: 1, outAxis: 1, scale: 1, biasScale: 1 },
    ...{ groups, inputs, outputs: outputs / groups, windows },
    strides: {
      group: (outputs / groups) * inputs * volume,
      channel: volume,
      tap: 1,
      out: inputs * volume,
    },
  };
}

/** ConvTranspose with a constant weight and no bias or a constant one. */
export function convTransposeLayer(facts: NodeFacts): LinearLayer | undefined {
  if (!hasConstantWeights(facts)) return undefined;
  const [inputs, outputs, ...kernel] = facts.inShape(1) as [number, number, ...number[]];
  const groups = intAttribute(facts.node, 'group', 1);
  const volume = elementCount(kernel);
  const extra = intsAttribute(facts.node, 'output_padding');
  const windows = slidesOf(facts, kernel).map((slide, i): Window => {
    const { size, out, taps, stride, dilation } = slide;
    const total = stride * (size - 1) + (extra?.[i] ?? 0) + (taps - 1) * dilation + 1 - out;
    const begin = padBegin(facts.node, i, kernel.length, total, intsAttribute(facts.node, 'output_shape'));
    return {
      axis: 2 + i,
      taps,
      reads: (tap, position) => {
        const from = (position + begin - tap * dilation) / stride;
        return Number.isInteger(from) ? from : -1;
      },
    };
  });
  return {
    ...{ data: 0, weight: 1, bias: 2, inAxis: 1, outAxis: 1, scale: 1, biasScale: 1 },
    ...{ groups, inputs: inputs / groups, outputs, windows },
    strides: {
      group: (inputs / groups) * outputs * volume,
      channel: outputs * volume,
      tap: 1,
      out: volume,
    },
  };
}

function hasConstantWeights({ kind }: NodeFacts): boolean {
  return kind(1) === 'constant' && kind(0) === 'activation' && ['constant', 'absent'].includes(kind(2));
}

function slidesOf({ node, inShape, outShape }: NodeFacts, kernel: readonly number[]): readonly Slide[] {
  const strides = intsAttribute(node, 'strides');
  const dilations = intsAttribute(node, 'dilations');
  return kernel.map((taps, i) => ({
    size: inShape(0)[2 + i]!,
    out: outShape(0)[2 + i]!,
    taps,
    stride: strides?.[i] ?? 1,
    dilation: dilations?.[i] ?? 1,
  }));
}

/** Padding at both ends that makes an output of this size. */
function neededPads({ size, out, taps, stride, dilation }: Slide): number {
  return Math.max((out - 1) * stride + (taps - 1) * dilation + 1 - size, 0);
}

/** Padding before the first position: as written, or the part of the total that the automatic rule puts there. */
function padBegin(
  node: Node,
  axis: number,
  axes: number,
  total: number,
  outputShape?: readonly number[],
): number {
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (auto === 'VALID') return 0;
  if (auto === 'SAME_UPPER') return Math.floor(total / 2);
  if (auto === 'SAME_LOWER' || outputShape) return total - Math.floor(total / 2);
  const pads = intsAttribute(node, 'pads');
  return pads && pads.length === 2 * axes ? pads[axis]! : 0;
}
