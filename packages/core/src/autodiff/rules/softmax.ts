// Gradients of Softmax and LogSoftmax: over one axis since opset 13, over all axes from the stated one on before.
import { intAttribute } from '../../graph/attributes.ts';
import type { NodeFacts } from '../../ops/operator.ts';
import type { GradientRule } from '../gradient-rule.ts';

function normalizedAxes(c: NodeFacts): readonly number[] {
  const rank = c.inShape(0).length;
  const stated = intAttribute(c.node, 'axis', c.opset < 13 ? 1 : -1);
  const axis = stated < 0 ? stated + rank : stated;
  return c.opset < 13 ? Array.from({ length: rank - axis }, (_, i) => axis + i) : [axis];
}

/** y·(dy − Σ dy·y). */
const softmax: GradientRule = {
  backward: (c) => [
    () => {
      const { emit } = c;
      const weighted = emit.mul(c.gradient()!, c.output());
      const total = emit.reduceSum(weighted, normalizedAxes(c), true);
      return emit.sub(weighted, emit.mul(c.output(), total));
    },
  ],
};

/** dy − eʸ·Σ dy. */
const logSoftmax: GradientRule = {
  backward: (c) => [
    () => {
      const { emit } = c;
      const total = emit.reduceSum(c.gradient()!, normalizedAxes(c), true);
      return emit.sub(c.gradient()!, emit.mul(emit.op('Exp', [c.output()]), total));
    },
  ],
};

/** Gradients of the softmax family. */
export const softmaxGradients: Readonly<Record<string, GradientRule>> = {
  Softmax: { ...softmax, normalizesLogits: true },
  LogSoftmax: { ...logSoftmax, normalizesLogits: true },
};
