// Element-wise operators: unary ones pass labels on, the others tie the labels of their operands where they meet.

import { floatAttribute } from '../graph/attributes.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import type { Node } from '../onnx/model.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import { meet, type Operand, operandsOf } from './labels.ts';
import type { CouplingContext, NodeFacts, Operator, OutputLabels } from './operator.ts';

const unary: Operator = { couple: (c) => c.node.outputs.map(() => c.labels(0)) };
const stored: Operator = { ...unary, pullBack: (_, __, selection) => [selection], retypes: true };
const gate: Operator = { ...unary, gate: true };
const nary: Operator = { couple: (c) => [meet(c, operandsOf(c), c.outShape(0))] };

/** Products: an operand that broadcasts into another, or comes out of a bounded activation, is a gate and no source. */
function coupleProduct(c: CouplingContext): OutputLabels {
  const operands = operandsOf(c);
  const out = c.outShape(0);
  const volume = (o: Operand): number => o.shape.reduce((a, b) => a * b, 1);
  const full = Math.max(...operands.map(volume));
  const gates = operands.map((o) => volume(o) < full || c.isGate(o.input));
  const all = gates.every((g) => g);
  return [
    meet(
      c,
      operands.map((o, i) => ({ ...o, gate: gates[i]! && !all })),
      out,
      true,
    ),
  ];
}

function coupleQuotient(c: CouplingContext): OutputLabels {
  const operands = operandsOf(c).map((o, i) => ({ ...o, gate: i === 1 }));
  return [meet(c, operands, c.outShape(0), true)];
}

/** The constant operand of a product or quotient, as one factor per channel. */
function productFactors(traced: TracedModel, node: Node): Float32Array | undefined {
  const name = node.inputs.find((input) => traced.kindOf(input) === 'constant');
  const array = name === undefined ? undefined : traced.constantOf(name);
  return array && toFloat32(array);
}

/** Where: the condition chooses, it is no source. */
function coupleWhere(c: CouplingContext): OutputLabels {
  const operands = operandsOf(c).map((o) => ({ ...o, gate: o.input === 0 }));
  return [meet(c, operands, c.outShape(0))];
}

/** Only input 0 carries channels; limits and ratios are scalars. */
const first: Operator = { couple: (c) => c.node.outputs.map((_, i) => (i === 0 ? c.labels(0) : [])) };

/** Limits are attributes up to opset 10 and scalar operands since. */
function clipBounds({ node, content, kind }: NodeFacts): ReturnType<NonNullable<Operator['clamps']>> {
  const limit = (input: number, name: string, none: number): number | undefined =>
    kind(input) === 'absent' ? floatAttribute(node, name, none) : content(input)?.[0];
  const low = limit(1, 'min', Number.NEGATIVE_INFINITY);
  const high = limit(2, 'max', Number.POSITIVE_INFINITY);
  return low === undefined || high === undefined ? undefined : { low, high };
}

const NARY = [
  'Sub',
  'Sum',
  'Min',
  'Max',
  'Mean',
  'Pow',
  'Mod',
  'And',
  'Or',
  'Xor',
  'Equal',
  'Greater',
  'Less',
];
const NARY_MORE = [
  'GreaterOrEqual',
  'LessOrEqual',
  'BitShift',
  'BitwiseAnd',
  'BitwiseOr',
  'BitwiseXor',
  'PRelu',
];
const UNARY = ['LeakyRelu', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu', 'Gelu', 'HardSwish', 'Mish'];
const UNARY_MATH = [
  'Softplus',
  'Softsign',
  'Shrink',
  'Exp',
  'Log',
  'Sqrt',
  'Reciprocal',
  'Abs',
  'Neg',
  'Sign',
  'Floor',
  'Ceil',
];
const UNARY_MORE = [
  'Round',
  'Erf',
  'Sin',
  'Cos',
  'Tan',
  'Asin',
  'Acos',
  'Atan',
  'Sinh',
  'Cosh',
  'Asinh',
  'Acosh',
  'Atanh',
];
const UNARY_LOGIC = ['Not', 'BitwiseNot', 'IsNaN', 'IsInf', 'Swish'];
const GATES = ['Sigmoid', 'HardSigmoid', 'Tanh'];

const named = (names: readonly string[], record: Operator): Record<string, Operator> =>
  Object.fromEntries(names.map((name) => [name, record]));

const records: Readonly<Record<string, Operator>> = {
  ...named([...NARY, ...NARY_MORE], nary),
  ...named([...UNARY, ...UNARY_MATH, ...UNARY_MORE, ...UNARY_LOGIC], unary),
  ...named(GATES, gate),
  Add: { ...nary, adds: true },
  Relu: { ...unary, clamps: () => ({ low: 0, high: Number.POSITIVE_INFINITY }) },
  ...named(['Identity', 'Cast'], stored),
  Mul: { couple: coupleProduct, factors: productFactors },
  Div: {
    couple: coupleQuotient,
    factors: (traced, node) => productFactors(traced, node)?.map((value) => 1 / value),
  },
  Where: { couple: coupleWhere },
  Clip: { ...first, clamps: clipBounds },
  CastLike: first,
  Dropout: { couple: (c) => c.node.outputs.map(() => c.labels(0)) },
};

/** Records of the element-wise family. */
export const elementwise: Readonly<Record<string, Operator>> = Object.fromEntries(
  Object.entries(records).map(([name, record]) => [name, { ...record, pointwise: true }]),
);
