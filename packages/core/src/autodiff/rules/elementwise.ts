// Gradients of element-wise mathematics on one value, and of what passes it on.
import { intAttribute } from '../../graph/attributes.ts';
import { DataType } from '../../onnx/model.ts';
import type { GradientRule } from '../gradient-rule.ts';
import { unary, unarySlope } from './unary.ts';

const identity = unary(({ dy }) => dy);

/** A training graph computes in float32: other floats and integers have no place between a parameter and a loss. */
const cast: GradientRule = {
  ...identity,
  unsupported: ({ node }) => {
    const to = intAttribute(node, 'to', DataType.float32);
    return to === DataType.float32 ? undefined : `converts to data type ${to}, not to float32`;
  },
};

/** What a Dropout is after training; a training graph has none either. */
const dropout: GradientRule = {
  ...identity,
  forward: (c) => ({ outputs: c.node.outputs.map((_, i) => (i === 0 ? c.input(0) : '')) }),
};

/** Gradients of the element-wise family. */
export const elementwiseGradients: Readonly<Record<string, GradientRule>> = {
  Identity: identity,
  Cast: cast,
  Dropout: dropout,
  Neg: unary(({ emit, dy }) => emit.neg(dy)),
  Abs: unarySlope(({ emit, x }) => emit.op('Sign', [x])),
  Reciprocal: unary(({ emit, y, dy }) => emit.neg(emit.mul(dy, emit.mul(y, y)))),
  Sqrt: unary(({ emit, y, dy }) => emit.div(emit.scale(dy, 0.5), y)),
  Exp: unarySlope(({ y }) => y),
  Log: unary(({ emit, x, dy }) => emit.div(dy, x)),
  Sin: unarySlope(({ emit, x }) => emit.op('Cos', [x])),
  Cos: unarySlope(({ emit, x }) => emit.neg(emit.op('Sin', [x]))),
  Erf: unarySlope(({ emit, x }) =>
    emit.scale(emit.op('Exp', [emit.neg(emit.mul(x, x))]), 2 / Math.sqrt(Math.PI)),
  ),
};
