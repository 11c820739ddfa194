// Gradients of reductions: the gradient of the result, spread over what was reduced.
import { intAttribute, intsAttribute } from '../../graph/attributes.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { NodeFacts } from '../../ops/operator.ts';
import type { Emitter } from '../emitter.ts';
import type { GradientContext, GradientRule } from '../gradient-rule.ts';

/** Norms below this have no direction: their gradient is 0. */
const TINY = 1e-30;

/** Names of a reduction as its gradient is written from: y and dy keep the reduced axes as size 1. */
interface Reduced {
  readonly c: GradientContext;
  readonly x: string;
  readonly y: string;
  readonly dy: string;
  readonly axes: readonly number[];
}

/** The rule of a reduction; `gradient` may return a value that is still to be broadcast to the input's shape. */
const reduction = (
  gradient: (reduced: Reduced) => string,
  shape: 'broadcast' | 'full' = 'full',
): GradientRule => ({
  unsupported: (c) => (reducedAxes(c) === undefined ? 'reduces axes that depend on the data' : undefined),
  backward: (c) => [
    () => {
      const axes = reducedAxes(c)!;
      const dims = c.inShape(0).map((size, axis) => (axes.includes(axis) ? 1 : size));
      const kept = (value: string): string =>
        c.outShape(0).length === dims.length ? value : c.emit.reshape(value, dims);
      const result = gradient({ c, x: c.input(0), y: kept(c.output()), dy: kept(c.gradient()!), axes });
      return shape === 'full' ? result : c.emit.expand(result, c.inShape(0));
    },
  ],
});

/** Axes a reduction runs over, ascending; undefined where they are not known. */
export function reducedAxes(c: NodeFacts): readonly number[] | undefined {
  const rank = c.inShape(0).length;
  const stated = intsAttribute(c.node, 'axes') ?? (c.kind(1) === 'absent' ? [] : c.content(1));
  if (stated === undefined) return undefined;
  const isNothing = stated.length === 0 && intAttribute(c.node, 'noop_with_empty_axes', 0) === 1;
  const all = Array.from({ length: rank }, (_, axis) => axis);
  if (stated.length === 0) return isNothing ? [] : all;
  const places = stated.map((axis) => (axis < 0 ? axis + rank : axis));
  return all.filter((axis) => places.includes(axis));
}

const mean = reduction(({ c, dy, axes }) => {
  const count = elementCount(axes.map((axis) => c.inShape(0)[axis]!));
  return c.emit.scale(dy, 1 / count);
}, 'broadcast');

/** All elements that hold the extreme share the gradient equally; `margin` is 0 where an element holds it and negative elsewhere. */
export function shareExtreme(emit: Emitter, margin: string, dy: string, axes: readonly number[]): string {
  const holds = emit.nonNegative(margin);
  return emit.mul(holds, emit.div(dy, emit.reduceSum(holds, axes, true)));
}

const euclidean = reduction(({ c: { emit }, x, y, dy }) =>
  emit.mul(x, emit.div(dy, emit.op('Max', [y, emit.scalar(TINY)]))),
);

/** Gradients of the reductions. */
export const reductionGradients: Readonly<Record<string, GradientRule>> = {
  ReduceSum: reduction(({ dy }) => dy, 'broadcast'),
  ReduceMean: mean,
  ReduceMax: reduction(({ c: { emit }, x, y, dy, axes }) => shareExtreme(emit, emit.sub(x, y), dy, axes)),
  ReduceMin: reduction(({ c: { emit }, x, y, dy, axes }) => shareExtreme(emit, emit.sub(y, x), dy, axes)),
  ReduceSumSquare: reduction(({ c: { emit }, x, dy }) => emit.mul(x, emit.scale(dy, 2))),
  ReduceL1: reduction(({ c: { emit }, x, dy }) => emit.mul(emit.op('Sign', [x]), dy)),
  ReduceL2: euclidean,
  ReduceLogSum: reduction(({ c: { emit }, y, dy }) => emit.div(dy, emit.op('Exp', [y])), 'broadcast'),
  ReduceLogSumExp: reduction(({ c: { emit }, x, y, dy }) => emit.mul(emit.op('Exp', [emit.sub(x, y)]), dy)),
};
