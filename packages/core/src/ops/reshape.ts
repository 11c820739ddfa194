// Movement that keeps order: Reshape, Flatten, Squeeze, Unsqueeze. The traced shapes say everything.

import { intAttribute, intsAttribute, withAttribute } from '../graph/attributes.ts';
import type { LabelTensor } from '../labels/label-tensor.ts';
import { reshape } from '../labels/label-tensor.ts';
import type { Node } from '../onnx/model.ts';
import type { MoveFacts, Operator, RewriteContext } from './operator.ts';

/** Labels spelled out over more elements than this are not followed. */
const MAX_LABELS = 1 << 26;

function moveReshape(facts: MoveFacts, tensor: LabelTensor): readonly LabelTensor[] | undefined {
  const from = facts.inShape(0);
  const to = facts.outShape(0);
  const volume = from.reduce((a, b) => a * b, 1);
  // A shape that depends on the data cannot be patched after a cut.
  if (volume === 0 || volume > MAX_LABELS || facts.kind(1) === 'activation') return undefined;
  return [reshape(tensor, from, to)];
}

/** What a Reshape operand asks for, given the input's dims; undefined when it does not fit. */
export function resolveReshape(
  operand: readonly number[],
  from: readonly number[],
  allowZero: boolean,
): readonly number[] | undefined {
  const dims = operand.map((value, axis) => (value === 0 && !allowZero ? (from[axis] ?? Number.NaN) : value));
  const total = from.reduce((a, b) => a * b, 1);
  const free = dims.indexOf(-1);
  if (free < 0) return dims;
  const known = dims.reduce((a, b, axis) => (axis === free ? a : a * b), 1);
  return Number.isInteger(total / known) ? dims.with(free, total / known) : undefined;
}

const equal = (a: readonly number[] | undefined, b: readonly number[]): boolean =>
  a !== undefined && a.length === b.length && a.every((value, i) => value === b[i]);

/** Patches only the elements that come out wrong: −1 stays, 0 stays where the input axis agrees. */
function rewriteReshape(c: RewriteContext): readonly Node[] {
  const allowZero = intAttribute(c.node, 'allowzero', 0) === 1;
  const sizes = Array.from({ length: c.sizes }, (_, size) => size);
  const operands = sizes.map((size) => c.operand(1, size));
  if (operands.some((operand) => operand === undefined)) return [c.node];
  const right = sizes.every((size) =>
    equal(resolveReshape(operands[size]!, c.newInShape(0, size), allowZero), c.newOutShape(0, size)),
  );
  if (right) return [c.node];
  c.want(
    1,
    sizes.map((size) => {
      const [from, to] = [c.newInShape(0, size), c.newOutShape(0, size)];
      return operands[size]!.map((value, axis) => {
        if (value === -1) return -1;
        if (value === 0 && !allowZero && from[axis] === to[axis]) return 0;
        return to[axis]!;
      });
    }),
  );
  return [c.node];
}

/** Without axes a Squeeze takes all axes of size 1; a channel axis with one channel left must not be among them. */
function rewriteSqueeze(c: RewriteContext): readonly Node[] {
  if (intsAttribute(c.node, 'axes') || c.kind(1) !== 'absent') return [c.node];
  const single = (shape: readonly number[]): number[] =>
    shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  const axes = single(c.inShape(0));
  if (equal(axes, single(c.newInShape(0, 0)))) return [c.node];
  if (c.opset < 13) return [withAttribute(c.node, 'axes', axes)];
  return [{ ...c.node, inputs: [c.node.inputs[0]!, c.constant(axes)] }];
}

const keepOrder: Operator = { move: moveReshape };

/** Records of the reshaping operators. */
export const reshapings: Readonly<Record<string, Operator>> = {
  Reshape: { move: moveReshape, rewrite: rewriteReshape },
  Flatten: keepOrder,
  Squeeze: { move: moveReshape, rewrite: rewriteSqueeze },
  Unsqueeze: keepOrder,
};
