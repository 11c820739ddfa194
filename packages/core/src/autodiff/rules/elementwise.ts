// Gradients of element-wise operators.
import type { GradientRule } from '../gradient-rule.ts';

/** Sum: every operand gets the gradient, summed over what was broadcast. */
const addition: GradientRule = {
  backward: (c) =>
    c.node.inputs.map((_, i) => () => c.emit.sumTo(c.gradient()!, c.outShape(0), c.inShape(i))),
};

/** The slope of a ReLU is 1 where its output is positive. */
const relu: GradientRule = {
  backward: (c) => [() => c.emit.mul(c.gradient()!, c.emit.greater(c.output(), c.emit.scalar(0)))],
};

/** Gradients of the element-wise family. */
export const elementwiseGradients: Readonly<Record<string, GradientRule>> = {
  Add: addition,
  Relu: relu,
};
