// Gradients of element-wise operators on several values that broadcast: what was repeated gets the sum.
import type { GradientContext, GradientRule } from '../gradient-rule.ts';
import { once } from '../once.ts';

type Thunks = ReturnType<GradientRule['backward']>;

/** Brings a value of the output's shape to the shape of an input. */
const fit = (c: GradientContext, value: string, input: number): string =>
  c.emit.sumTo(value, c.outShape(0), c.inShape(input));

/** Every operand gets the gradient times its factor. */
const linear = (factor: (c: GradientContext, input: number) => number): GradientRule => ({
  backward: (c) => c.node.inputs.map((_, i) => () => c.emit.scale(fit(c, c.gradient()!, i), factor(c, i))),
});

const product = (c: GradientContext): Thunks => {
  const dy = c.gradient()!;
  return [() => fit(c, c.emit.mul(dy, c.input(1)), 0), () => fit(c, c.emit.mul(dy, c.input(0)), 1)];
};

/** y = a / b: dy / b and −dy·y / b. */
const quotient = (c: GradientContext): Thunks => {
  const { emit } = c;
  const scaled = once(() => emit.div(c.gradient()!, c.input(1)));
  return [() => fit(c, scaled(), 0), () => fit(c, emit.neg(emit.mul(scaled(), c.output())), 1)];
};

/** y = aᵇ: dy·b·aᵇ⁻¹ and dy·y·ln a, the latter for positive a. */
const power = (c: GradientContext): Thunks => {
  const { emit } = c;
  const dy = c.gradient()!;
  return [
    () => fit(c, emit.mul(dy, powerSlope(c)), 0),
    () => fit(c, emit.mul(dy, emit.mul(c.output(), emit.op('Log', [c.input(0)]))), 1),
  ];
};

function powerSlope(c: GradientContext): string {
  const { emit } = c;
  const known = c.content(1);
  if (known === undefined) {
    const lower = emit.op('Pow', [c.input(0), emit.sub(c.input(1), emit.scalar(1))]);
    return emit.mul(c.input(1), lower);
  }
  if (known.every((exponent) => exponent === 2)) return emit.scale(c.input(0), 2);
  // Spelled out, because the exponent may be stored as an integer.
  const dims = c.inShape(1);
  const factor = emit.constant({ type: 'float32', dims, data: Float32Array.from(known) });
  const exponent = emit.constant({ type: 'float32', dims, data: Float32Array.from(known, (e) => e - 1) });
  return emit.mul(emit.op('Pow', [c.input(0), exponent]), factor);
}

/** The gradient goes to the first of the operands that hold the extreme; `excess` is positive where an operand does not hold it. */
const extreme = (excess: (c: GradientContext, input: number) => string): GradientRule => ({
  backward: (c) => {
    const { emit } = c;
    const loses = c.node.inputs.map((_, i) => once(() => emit.positive(excess(c, i))));
    return c.node.inputs.map((_, i) => () => {
      const wins = emit.sub(emit.scalar(1), loses[i]!());
      const share = loses.slice(0, i).reduce((rest, earlier) => emit.mul(rest, earlier()), wins);
      return fit(c, emit.mul(c.gradient()!, share), i);
    });
  },
});

const choice = (c: GradientContext): Thunks => {
  const { emit } = c;
  const dy = c.gradient()!;
  const chosen = once(() => emit.mul(dy, emit.toFloat(c.input(0))));
  return [undefined, () => fit(c, chosen(), 1), () => fit(c, emit.sub(dy, chosen()), 2)];
};

/** Gradients of the arithmetic family. */
export const arithmeticGradients: Readonly<Record<string, GradientRule>> = {
  Add: linear(() => 1),
  Sub: linear((_, i) => (i === 0 ? 1 : -1)),
  Sum: linear(() => 1),
  Mean: linear((c) => 1 / c.node.inputs.length),
  Mul: { backward: product },
  Div: { backward: quotient },
  Pow: { backward: power },
  Max: extreme((c, i) => c.emit.sub(c.output(), c.input(i))),
  Min: extreme((c, i) => c.emit.sub(c.input(i), c.output())),
  Where: { backward: choice },
};
