// Reductions: axes that carry channels are mixed, the others only shrink.

import { intAttribute, intsAttribute } from '../graph/attributes.ts';
import type { LabelTensor } from '../labels/label-tensor.ts';
import { compress, extentAxes, take } from '../labels/label-tensor.ts';
import { mixAlong } from './labels.ts';
import type { CouplingContext, Operator, OutputLabels } from './operator.ts';

function coupleReduce(c: CouplingContext): OutputLabels {
  const rank = c.inShape(0).length;
  const given = intsAttribute(c.node, 'axes') ?? c.content(1);
  const named = (given ?? []).map((axis) => (axis < 0 ? axis + rank : axis));
  const none = named.length === 0 && intAttribute(c.node, 'noop_with_empty_axes', 0) === 1;
  const axes = named.length > 0 || none ? named : Array.from({ length: rank }, (_, axis) => axis);
  return [shrink(c, axes, intAttribute(c.node, 'keepdims', 1) === 1)];
}

function coupleArg(c: CouplingContext): OutputLabels {
  const rank = c.inShape(0).length;
  const axis = intAttribute(c.node, 'axis', 0);
  return [shrink(c, [axis < 0 ? axis + rank : axis], intAttribute(c.node, 'keepdims', 1) === 1)];
}

function shrink(c: CouplingContext, axes: readonly number[], keep: boolean): readonly LabelTensor[] {
  mixAlong(c, c.labels(0), axes, 'reduces over all channels');
  return c.labels(0).flatMap((tensor) => {
    const first = axes.reduce((t, axis) => take(t, axis, [0]), tensor);
    if (extentAxes(compress(first)).length === 0) return [];
    return [
      { dims: keep ? first.dims : first.dims.filter((_, axis) => !axes.includes(axis)), data: first.data },
    ];
  });
}

const reduce: Operator = { couple: coupleReduce };
const arg: Operator = { couple: coupleArg };

/** Records of the reductions. */
export const reductions: Readonly<Record<string, Operator>> = {
  ReduceMean: reduce,
  ReduceSum: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
  ReduceProd: reduce,
  ReduceL1: reduce,
  ReduceL2: reduce,
  ReduceLogSum: reduce,
  ReduceLogSumExp: reduce,
  ReduceSumSquare: reduce,
  ArgMax: arg,
  ArgMin: arg,
};
