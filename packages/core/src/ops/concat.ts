// Concat: label vectors follow one another; what lies along other axes meets as in an element-wise operator.

import { intAttribute } from '../graph/attributes.ts';
import type { LabelTensor } from '../labels/label-tensor.ts';
import { alongAxis, broadcastDims, expandTo, NONE } from '../labels/label-tensor.ts';
import type { Node } from '../onnx/model.ts';
import { meet, operandsOf, splitByAxes } from './labels.ts';
import type { CouplingContext, Operator, OutputLabels, RewriteContext } from './operator.ts';

function coupleConcat(c: CouplingContext): OutputLabels {
  const out = c.outShape(0);
  const given = intAttribute(c.node, 'axis', 1);
  const axis = given < 0 ? given + out.length : given;
  const operands = operandsOf(c);
  const parts = operands.map((operand) => ({ operand, ...splitByAxes(operand.labels, [axis]) }));
  const layers = Math.max(...parts.map((part) => part.along.length));

  const flat = parts.map(({ operand, rest }) => ({
    ...operand,
    shape: operand.shape.with(axis, 1),
    labels: rest,
  }));
  const across = meet(c, flat, out.with(axis, 1));
  const along = Array.from({ length: layers }, (_, layer) =>
    join(
      axis,
      parts.map(({ operand, along: tensors }) => {
        const size = operand.shape[axis]!;
        const own = tensors[layer];
        if (own) return { tensor: own, size };
        const free = operand.kind === 'constant' && layer === 0;
        const ids = free ? c.fresh(size) : new Int32Array(size).fill(NONE);
        if (free) c.use({ input: operand.input, role: 'pass', axis, flow: ids });
        return { tensor: alongAxis(out.length, axis, ids), size };
      }),
    ),
  );
  return [[...along, ...across]];
}

/** One tensor from consecutive ones; axes that only some extend along are spelled out. */
function join(
  axis: number,
  parts: readonly { readonly tensor: LabelTensor; readonly size: number }[],
): LabelTensor {
  const common = broadcastDims(parts.map(({ tensor }) => ({ ...tensor, dims: tensor.dims.with(axis, 1) })));
  const full = parts.map(({ tensor, size }) => expandTo(tensor, common.with(axis, size)));
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  const inner = common.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = common.slice(0, axis).reduce((a, b) => a * b, 1);
  const data = new Int32Array(outer * total * inner);
  let at = 0;
  for (let o = 0; o < outer; o++) {
    full.forEach((tensor, i) => {
      const length = parts[i]!.size * inner;
      data.set(tensor.data.subarray(o * length, (o + 1) * length), at);
      at += length;
    });
  }
  return { dims: common.with(axis, total), data };
}

/** Inputs that a cut left without channels are no part of it any more. */
function rewriteConcat({ node, newInShape }: RewriteContext): readonly Node[] {
  const inputs = node.inputs.filter((name, input) => name === '' || !newInShape(input, 0).includes(0));
  return inputs.length === node.inputs.length ? [node] : [{ ...node, inputs }];
}

/** Record of the concatenation. */
export const concatenation: Readonly<Record<string, Operator>> = {
  Concat: { couple: coupleConcat, rewrite: rewriteConcat, joins: true },
};
