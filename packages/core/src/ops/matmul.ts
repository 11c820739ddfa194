// Matrix products: Gemm, MatMul (weight on either side, or none) and Einsum as a consumer.

import { intAttribute, stringAttribute } from '../graph/attributes.ts';
import type { LabelTensor } from '../labels/label-tensor.ts';
import { alignRight, permute } from '../labels/label-tensor.ts';
import { elementCount } from '../onnx/tensor.ts';
import { collapse, meet, operandsOf, producedLabels, splitByAxes } from './labels.ts';
import { gemmLayer, matMulLayer } from './linear/matrix-layer.ts';
import type { CostFacts, CouplingContext, Operator, OutputLabels } from './operator.ts';

/** Reads the contracted axis of an activation into a weight's axis; returns the tensors on other axes. */
function contract(
  c: CouplingContext,
  input: number,
  axis: number,
  weight: { readonly input: number; readonly in: number; readonly out: number },
): readonly LabelTensor[] {
  const { along, rest } = splitByAxes(c.labels(input), [axis]);
  const kernel = { in: weight.in, out: weight.out, spatial: [], flipped: false };
  for (const flow of collapse(c, along, axis, c.inShape(input)[axis]!)) {
    c.use({ input: weight.input, role: 'consume', axis: weight.in, flow, kernel });
  }
  return rest;
}

function produce(
  c: CouplingContext,
  weight: { readonly input: number; readonly in: number; readonly out: number },
): Int32Array {
  const kernel = { in: weight.in, out: weight.out, spatial: [], flipped: false };
  const flow = c.mint('produce', c.inShape(weight.input)[weight.out]!, [], c.nextUse());
  c.use({ input: weight.input, role: 'produce', axis: weight.out, flow, kernel });
  return flow;
}

/** Moves the labels of a two-dim operand from one axis to another. */
const toAxis = (tensors: readonly LabelTensor[], from: number, to: number): readonly LabelTensor[] =>
  from === to ? tensors : tensors.map((t) => permute(t, [1, 0]));

function coupleGemm(c: CouplingContext): OutputLabels {
  const transA = intAttribute(c.node, 'transA', 0);
  const transB = intAttribute(c.node, 'transB', 0);
  const [rows, innerA] = transA ? [1, 0] : [0, 1];
  const [innerB, columns] = transB ? [1, 0] : [0, 1];
  let labels: readonly LabelTensor[];
  if (c.kind(1) === 'constant' && c.kind(0) !== 'constant') {
    const weight = { input: 1, in: innerB, out: columns };
    const passing = toAxis(contract(c, 0, innerA, weight), rows, 0);
    labels = [...producedLabels(c, 2, 1, produce(c, weight)), ...passing];
  } else if (c.kind(0) === 'constant') {
    const weight = { input: 0, in: innerA, out: rows };
    const passing = toAxis(contract(c, 1, innerB, weight), columns, 1);
    labels = [...producedLabels(c, 2, 0, produce(c, weight)), ...passing];
  } else {
    const a = splitByAxes(c.labels(0), [innerA]);
    const b = splitByAxes(c.labels(1), [innerB]);
    c.freeze(a.along, 'contracts two activations', 0);
    c.freeze(b.along, 'contracts two activations', 1);
    labels = [...toAxis(a.rest, rows, 0), ...toAxis(b.rest, columns, 1)];
  }
  return [addBias(c, labels)];
}

/** The third operand of Gemm: a constant is cut with the rows it belongs to, an activation meets them. */
function addBias(c: CouplingContext, labels: readonly LabelTensor[]): readonly LabelTensor[] {
  if (c.kind(2) === 'absent') return labels;
  const out = c.outShape(0);
  if (c.kind(2) !== 'constant') {
    return meet(c, [{ input: 0, kind: 'activation', shape: out, labels }, ...operandsOf(c, [2])], out);
  }
  const shape = c.inShape(2);
  for (const tensor of labels) {
    const axis = tensor.dims.findIndex((size) => size > 1);
    const own = axis - (out.length - shape.length);
    if (own >= 0 && shape[own]! > 1) c.use({ input: 2, role: 'produce', axis: own, flow: tensor.data });
  }
  return labels;
}

/** One matrix, not a stack of different ones. */
const isMatrix = (shape: readonly number[]): boolean => shape.slice(0, -2).every((size) => size === 1);

function coupleMatMul(c: CouplingContext): OutputLabels {
  const [a, b] = [c.inShape(0), c.inShape(1)];
  const rank = c.outShape(0).length;
  if (a.length < 2 || b.length < 2) {
    c.freeze([...c.labels(0), ...c.labels(1)], 'multiplies by a vector');
    return [[]];
  }
  const align = (tensors: readonly LabelTensor[]): readonly LabelTensor[] =>
    tensors.map((tensor) => alignRight(tensor, rank));
  if (c.kind(1) === 'constant' && isMatrix(b)) {
    const weight = { input: 1, in: b.length - 2, out: b.length - 1 };
    const passing = align(contract(c, 0, a.length - 1, weight));
    return [[...producedLabels(c, rank, rank - 1, produce(c, weight)), ...passing]];
  }
  if (c.kind(0) === 'constant' && isMatrix(a)) {
    const weight = { input: 0, in: a.length - 1, out: a.length - 2 };
    const passing = align(contract(c, 1, b.length - 2, weight));
    return [[...producedLabels(c, rank, rank - 2, produce(c, weight)), ...passing]];
  }
  // Two activations, or a stack of constant matrices: the contracted axis is fixed, rows, columns and batch axes meet by broadcasting.
  const left = splitByAxes(c.labels(0), [a.length - 1]);
  const right = splitByAxes(c.labels(1), [b.length - 2]);
  c.freeze(left.along, 'contracts two activations', 0);
  c.freeze(right.along, 'contracts two activations', 1);
  const operands = [
    { input: 0, kind: c.kind(0), shape: a.with(-1, 1), labels: left.rest },
    { input: 1, kind: c.kind(1), shape: b.with(-2, 1), labels: right.rest },
  ];
  return [meet(c, operands, c.outShape(0))];
}

function coupleEinsum(c: CouplingContext): OutputLabels {
  const equation = stringAttribute(c.node, 'equation', '').replace(/\s/g, '');
  const [left = '', right] = equation.split('->');
  const terms = left.split(',');
  const diagonal = terms.some((term) => new Set(term).size < term.length);
  if (terms.length !== 2 || right === undefined || equation.includes('.') || diagonal) {
    c.node.inputs.forEach((_, input) => {
      c.freeze(c.labels(input), `computes '${equation}', a form that is not followed`, input);
    });
    return [[]];
  }
  const constants = [0, 1].filter((input) => c.kind(input) === 'constant');
  const operands = [0, 1].map((input) => {
    const term = terms[input]!;
    const other = terms[1 - input]!;
    if (c.kind(input) === 'constant') {
      return { input, kind: c.kind(input), shape: c.inShape(input), labels: [], term };
    }
    const passing = c.labels(input).filter((tensor) => {
      const lost = [...term].flatMap((letter, axis) =>
        tensor.dims[axis]! > 1 && !right.includes(letter) ? [axis] : [],
      );
      if (lost.length === 0) return true;
      const axis = lost[0]!;
      const weightAxis = other.indexOf(term[axis]!);
      if (constants.length === 1 && weightAxis >= 0 && lost.length === 1) {
        const kept = [...other].findIndex((letter, i) => i !== weightAxis && right.includes(letter));
        const kernel = { in: weightAxis, out: Math.max(kept, 0), spatial: [], flipped: false };
        for (const flow of collapse(c, [tensor], axis, c.inShape(input)[axis]!)) {
          c.use({ input: 1 - input, role: 'consume', axis: weightAxis, flow, kernel });
        }
      } else {
        const text = weightAxis >= 0 ? 'contracts two activations' : 'sums over all channels';
        c.freeze([tensor], text, input);
      }
      return false;
    });
    return { input, kind: c.kind(input), shape: c.inShape(input), labels: passing, term };
  });
  // Seen in the order of the output's letters, what is left meets as under broadcasting.
  const seen = operands.map((operand) => {
    const order = [...right].map((letter) => operand.term.indexOf(letter));
    const place = (dims: readonly number[]): number[] => order.map((axis) => (axis < 0 ? 1 : dims[axis]!));
    const labels = operand.labels.map((t) => {
      const kept = order.filter((axis) => axis >= 0);
      const dropped = t.dims.flatMap((_, axis) => (kept.includes(axis) ? [] : [axis]));
      return { dims: place(t.dims), data: permute(t, [...kept, ...dropped]).data };
    });
    return { input: operand.input, kind: operand.kind, shape: place(operand.shape), labels };
  });
  if (constants.length > 0 && seen.some((o) => o.kind === 'constant' && o.labels.length === 0)) {
    // A constant's own letters are cut through its original axes, which `meet` does not know: only letters it does not share may vary.
    const shared = seen
      .flatMap((o) => (o.kind === 'constant' ? [] : o.labels))
      .filter((t) => t.dims.some((size, axis) => size > 1 && terms[constants[0]!]!.includes(right[axis]!)));
    c.freeze(shared, 'multiplies them with a constant axis by axis');
    return [
      seen
        .flatMap((o) => o.labels.filter((t) => !shared.includes(t)))
        .map((t) => alignRight(t, right.length)),
    ];
  }
  return [meet(c, seen, c.outShape(0))];
}

const gemmMacs = (facts: CostFacts): number => {
  const a = facts.inShape(0);
  return elementCount(facts.outShape(0)) * (intAttribute(facts.node, 'transA', 0) ? a[0]! : a[1]!);
};
const matmulMacs = (facts: CostFacts): number =>
  elementCount(facts.outShape(0)) * (facts.inShape(0).at(-1) ?? 1);
const einsumMacs = (facts: CostFacts): number => {
  const [left = ''] = stringAttribute(facts.node, 'equation', '').replace(/\s/g, '').split('->');
  const sizes = new Map<string, number>();
  left.split(',').forEach((term, input) => {
    [...term].forEach((letter, axis) => {
      sizes.set(letter, facts.inShape(input)[axis] ?? 1);
    });
  });
  return elementCount([...sizes.values()]);
};

/** Records of the matrix products. */
export const matrixProducts: Readonly<Record<string, Operator>> = {
  Gemm: { couple: coupleGemm, macs: gemmMacs, linear: gemmLayer },
  MatMul: { couple: coupleMatMul, macs: matmulMacs, linear: matMulLayer },
  Einsum: { couple: coupleEinsum, macs: einsumMacs },
};
