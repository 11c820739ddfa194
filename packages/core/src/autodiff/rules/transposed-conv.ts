// Gradients of ConvTranspose. It is itself the gradient of a convolution: its own gradients are that convolution, and that convolution's
// weight gradient with input and output gradient in each other's place.
import { intAttribute, intsAttribute, stringAttribute } from '../../graph/attributes.ts';
import type { NodeFacts } from '../../ops/operator.ts';
import type { ConvolutionShape } from '../convolution-choices.ts';
import type { GradientRule } from '../gradient-rule.ts';
import { weightGradient } from './conv-weight-gradient.ts';

/** The convolution from the output's shape to the input's. */
function convolutionBack(c: NodeFacts): ConvolutionShape {
  const { node } = c;
  const weight = c.inShape(1);
  const ones = weight.slice(2).map(() => 1);
  const strides = intsAttribute(node, 'strides') ?? ones;
  const dilations = intsAttribute(node, 'dilations') ?? ones;
  const pads = padsOf(c, strides, dilations);
  const groups = intAttribute(node, 'group', 1);
  return { input: c.outShape(0), weight, strides, dilations, pads, groups };
}

/** Pads as stated, or what the output's size leaves of them. */
function padsOf(c: NodeFacts, strides: readonly number[], dilations: readonly number[]): readonly number[] {
  const { node } = c;
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  const isFree = auto === 'SAME_UPPER' || auto === 'SAME_LOWER' || intsAttribute(node, 'output_shape');
  const zeros = strides.map(() => 0);
  if (auto === 'VALID') return [...zeros, ...zeros];
  if (!isFree) return intsAttribute(node, 'pads') ?? [...zeros, ...zeros];
  const extra = intsAttribute(node, 'output_padding') ?? zeros;
  const totals = strides.map((stride, axis) => {
    const window = (c.inShape(1)[axis + 2]! - 1) * dilations[axis]! + 1;
    const full = (c.inShape(0)[axis + 2]! - 1) * stride + window + extra[axis]!;
    return Math.max(0, full - c.outShape(0)[axis + 2]!);
  });
  const round = auto === 'SAME_UPPER' ? Math.floor : Math.ceil;
  const begins = totals.map((total) => round(total / 2));
  return [...begins, ...totals.map((total, axis) => total - begins[axis]!)];
}

const transposedConvolution: GradientRule = {
  backward: (c) => {
    const { emit } = c;
    const dy = c.gradient()!;
    const shape = convolutionBack(c);
    const { strides, dilations, pads, groups } = shape;
    const spatial = shape.input.flatMap((_, axis) => (axis > 1 ? [axis] : []));
    return [
      () => emit.op('Conv', [dy, c.input(1)], { strides, dilations, pads, group: groups }),
      () => {
        const turned = { ...c, input: () => dy, outShape: () => c.inShape(0) };
        return weightGradient(turned, shape, c.choices.choose(shape), c.input(0));
      },
      () => emit.reduceSum(dy, [0, ...spatial]),
    ];
  },
  parameters: { 1: 'decay', 2: 'no-decay' },
};

/** Gradients of the transposed convolution. */
export const transposedConvolutionGradients: Readonly<Record<string, GradientRule>> = {
  ConvTranspose: transposedConvolution,
};
