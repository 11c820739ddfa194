// Gradients of activation functions. Masks are products, not choices: the runtime's Where is an order of magnitude slower.
import { floatAttribute, stringAttribute } from '../../graph/attributes.ts';
import type { GradientContext, GradientRule } from '../gradient-rule.ts';
import { type UnaryFacts, unary, unarySlope } from './unary.ts';

/** Slope `right` where x > 0, else y·gain + offset. */
function bentSlope({ emit, x, y }: UnaryFacts, right: number, gain: number, offset: number): string {
  const mask = emit.positive(x);
  const left = emit.add(emit.scale(y, gain), emit.scalar(offset));
  return emit.add(emit.scale(mask, right), emit.mul(emit.sub(emit.scalar(1), mask), left));
}

const elu = unarySlope((f) => bentSlope(f, 1, 1, floatAttribute(f.node, 'alpha', 1)));
const celu = unarySlope((f) => bentSlope(f, 1, 1 / floatAttribute(f.node, 'alpha', 1), 1));
const selu = unarySlope((f) => {
  const alpha = floatAttribute(f.node, 'alpha', 1.6732632);
  const gamma = floatAttribute(f.node, 'gamma', 1.050701);
  return bentSlope(f, gamma, 1, alpha * gamma);
});

const leakyRelu = unarySlope(({ emit, node, x }) => {
  const alpha = floatAttribute(node, 'alpha', 0.01);
  return emit.add(emit.scale(emit.positive(x), 1 - alpha), emit.scalar(alpha));
});

const thresholdedRelu = unarySlope(({ emit, node, x }) =>
  emit.positive(emit.sub(x, emit.scalar(floatAttribute(node, 'alpha', 1)))),
);

const hardSigmoid = unary(({ emit, node, y, dy }) => {
  const inside = emit.positive(emit.sub(y, emit.mul(y, y)));
  return emit.mul(emit.scale(dy, floatAttribute(node, 'alpha', 0.2)), inside);
});

/** x·h with h = HardSigmoid(x, 1/6): h + x/6 inside. */
const hardSwish = unarySlope(({ emit, x }) => {
  const gate = emit.op('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 });
  const inside = emit.positive(emit.sub(gate, emit.mul(gate, gate)));
  return emit.add(gate, emit.mul(emit.scale(x, 1 / 6), inside));
});

/** x·s with s = σ(αx): s + α·y·(1 − s). */
const swish = unarySlope(({ emit, node, x, y }) => {
  const alpha = floatAttribute(node, 'alpha', 1);
  const gate = emit.op('Sigmoid', [emit.scale(x, alpha)]);
  return emit.add(gate, emit.mul(emit.scale(y, alpha), emit.sub(emit.scalar(1), gate)));
});

/** x·t with t = tanh(softplus(x)): t + x·σ(x)·(1 − t²). */
const mish = unarySlope(({ emit, x }) => {
  const gate = emit.op('Tanh', [emit.op('Softplus', [x])]);
  const bend = emit.sub(emit.scalar(1), emit.mul(gate, gate));
  return emit.add(gate, emit.mul(emit.mul(x, emit.op('Sigmoid', [x])), bend));
});

/** x·Φ(x): Φ(x) + x·φ(x), exact or with Φ by a tanh as the node says (Gaussian Error Linear Units, 2016). */
const gelu = unarySlope((f) =>
  stringAttribute(f.node, 'approximate', 'none') === 'tanh' ? tanhGelu(f) : erfGelu(f),
);

function erfGelu({ emit, x }: UnaryFacts): string {
  const erf = emit.op('Erf', [emit.scale(x, Math.SQRT1_2)]);
  const below = emit.scale(emit.add(erf, emit.scalar(1)), 0.5);
  const bell = emit.op('Exp', [emit.scale(emit.mul(x, x), -0.5)]);
  return emit.add(below, emit.mul(x, emit.scale(bell, 1 / Math.sqrt(2 * Math.PI))));
}

function tanhGelu({ emit, x }: UnaryFacts): string {
  const root = Math.sqrt(2 / Math.PI);
  const one = emit.scalar(1);
  const square = emit.mul(x, x);
  const inner = emit.scale(emit.mul(x, emit.add(emit.scale(square, 0.044715), one)), root);
  const tanh = emit.op('Tanh', [inner]);
  const steepness = emit.scale(emit.add(emit.scale(square, 3 * 0.044715), one), root);
  const bend = emit.mul(emit.sub(one, emit.mul(tanh, tanh)), emit.mul(x, steepness));
  return emit.scale(emit.add(emit.add(tanh, one), bend), 0.5);
}

/** y = max(x, 0) + slope·min(x, 0). */
const prelu: GradientRule = {
  backward: (c) => {
    const { emit } = c;
    const dy = c.gradient()!;
    return [
      () => {
        const mask = emit.positive(c.input(0));
        const left = emit.mul(emit.sub(emit.scalar(1), mask), c.input(1));
        return emit.mul(dy, emit.add(mask, left));
      },
      () => {
        const negative = emit.sub(c.input(0), emit.op('Relu', [c.input(0)]));
        return emit.sumTo(emit.mul(dy, negative), c.outShape(0), c.inShape(1));
      },
    ];
  },
  parameters: { 1: 'no-decay' },
  initial: { 1: 0.25 },
};

/** Bounds at the end of float32's range stand for none. */
const BOUNDLESS = 3e38;

/** The gradient passes strictly between the bounds; the bounds themselves get none. */
const clip: GradientRule = {
  backward: (c) => [
    () => {
      const { emit } = c;
      const above = lowerBound(c).map((bound) => emit.sub(c.output(), bound));
      const below = upperBound(c).map((bound) => emit.sub(bound, c.output()));
      const margins = [...above, ...below];
      if (margins.length === 0) return c.gradient()!;
      return emit.mul(c.gradient()!, emit.positive(margins.reduce((a, b) => emit.mul(a, b))));
    },
  ],
};

const lowerBound = (c: GradientContext): readonly string[] => boundOf(c, 'min', 1);
const upperBound = (c: GradientContext): readonly string[] => boundOf(c, 'max', 2);

/** One name, or none where the node has no such bound. */
function boundOf(c: GradientContext, attribute: string, input: number): readonly string[] {
  const stated = c.opset < 11 ? [floatAttribute(c.node, attribute, Infinity)] : c.content(input);
  if (stated?.length === 1) return Math.abs(stated[0]!) < BOUNDLESS ? [c.emit.scalar(stated[0]!)] : [];
  return c.kind(input) === 'absent' ? [] : [c.input(input)];
}

/** Gradients of the activation functions. */
export const activationGradients: Readonly<Record<string, GradientRule>> = {
  Relu: unarySlope(({ emit, y }) => emit.positive(y)),
  LeakyRelu: leakyRelu,
  PRelu: prelu,
  Elu: elu,
  Celu: celu,
  Selu: selu,
  ThresholdedRelu: thresholdedRelu,
  Clip: clip,
  Sigmoid: unarySlope(({ emit, y }) => emit.sub(y, emit.mul(y, y))),
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Swish: swish,
  Mish: mish,
  Gelu: gelu,
  Tanh: unarySlope(({ emit, y }) => emit.sub(emit.scalar(1), emit.mul(y, y))),
  Softplus: unarySlope(({ emit, x }) => emit.op('Sigmoid', [x])),
  Softsign: unarySlope(({ emit, y }) => {
    const rest = emit.sub(emit.scalar(1), emit.op('Abs', [y]));
    return emit.mul(rest, rest);
  }),
};
