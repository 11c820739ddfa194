// Resize and Upsample: channels pass where their axis keeps its size.

import { intsAttribute } from '../graph/attributes.ts';
import type { Node } from '../onnx/model.ts';
import { splitByAxes } from './labels.ts';
import type { CouplingContext, Operator, OutputLabels, RewriteContext } from './operator.ts';

/** The operand with explicit output sizes. */
const SIZES = 3;

function coupleResize(c: CouplingContext): OutputLabels {
  const out = c.outShape(0);
  const scaled = c.inShape(0).flatMap((size, axis) => (size === out[axis] ? [] : [axis]));
  const { along, rest } = splitByAxes(c.labels(0), scaled);
  c.freeze(along, 'interpolates across channels');
  if (c.kind(SIZES) === 'activation') c.freeze(rest, 'has sizes that are computed from the input');
  return [rest];
}

/** Explicit sizes name the channel count too. */
function rewriteSizes(c: RewriteContext): readonly Node[] {
  const current = Array.from({ length: c.sizes }, (_, size) => c.operand(SIZES, size));
  if (current.some((sizes) => sizes === undefined || sizes.length === 0)) return [c.node];
  const rank = c.inShape(0).length;
  const axes = intsAttribute(c.node, 'axes')?.map((axis) => (axis < 0 ? axis + rank : axis));
  const wanted = current.map((sizes, size) =>
    sizes!.map((value, i) => {
      const axis = axes?.[i] ?? i;
      return c.keptOut(0, axis) ? c.newOutShape(0, size)[axis]! : value;
    }),
  );
  c.want(SIZES, wanted);
  return [c.node];
}

/** Records of the resampling operators. */
export const resamplings: Readonly<Record<string, Operator>> = {
  Resize: { couple: coupleResize, rewrite: rewriteSizes },
  Upsample: { couple: coupleResize },
};
