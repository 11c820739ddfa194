// Where a convolution reads, with every default of the operator spelled out.
import { intAttribute, intsAttribute, stringAttribute } from '../../graph/attributes.ts';
import type { NodeFacts } from '../../ops/operator.ts';
import type { ConvolutionShape } from '../convolution-choices.ts';

/** The window of a Conv node, from its attributes and shapes; `auto_pad` is worked out. */
export function convolutionShape(c: NodeFacts): ConvolutionShape {
  const { node } = c;
  const input = c.inShape(0);
  const weight = c.inShape(1);
  const rank = input.length - 2;
  const ones = Array.from({ length: rank }, () => 1);
  const strides = intsAttribute(node, 'strides') ?? ones;
  const dilations = intsAttribute(node, 'dilations') ?? ones;
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  const pads =
    auto === 'NOTSET'
      ? (intsAttribute(node, 'pads') ?? [...ones, ...ones].map(() => 0))
      : autoPads(auto, c.outShape(0), input, weight, strides, dilations);
  return { input, weight, strides, dilations, pads, groups: intAttribute(node, 'group', 1) };
}

function autoPads(
  auto: string,
  output: readonly number[],
  input: readonly number[],
  weight: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): readonly number[] {
  const totals = strides.map((stride, axis) => {
    const window = (weight[axis + 2]! - 1) * dilations[axis]! + 1;
    return auto === 'VALID' ? 0 : Math.max(0, (output[axis + 2]! - 1) * stride + window - input[axis + 2]!);
  });
  const before = totals.map((total) =>
    auto === 'SAME_LOWER' ? Math.ceil(total / 2) : Math.floor(total / 2),
  );
  return [...before, ...totals.map((total, axis) => total - before[axis]!)];
}
