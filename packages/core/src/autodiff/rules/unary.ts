// The frame of rules for operators that work element by element on one value.
import type { Node } from '../../onnx/model.ts';
import type { Emitter } from '../emitter.ts';
import type { GradientRule } from '../gradient-rule.ts';

/** What the gradient of y = f(x) is written from: values and the gradient of y. */
export interface UnaryFacts {
  readonly emit: Emitter;
  readonly node: Node;
  readonly x: string;
  readonly y: string;
  readonly dy: string;
}

/** The rule of an element-wise function of input 0; `gradient` writes dy·f′(x). */
export function unary(gradient: (facts: UnaryFacts) => string): GradientRule {
  return {
    backward: (c) => {
      const { emit, node } = c;
      return [() => gradient({ emit, node, x: c.input(0), y: c.output(), dy: c.gradient()! })];
    },
  };
}

/** As {@link unary}, where the slope itself is what is written. */
export function unarySlope(slope: (facts: UnaryFacts) => string): GradientRule {
  return unary((facts) => facts.emit.mul(facts.dy, slope(facts)));
}
