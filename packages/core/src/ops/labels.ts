// Label work that several operator families share: meeting, collapsing, mixing.

import type { LabelTensor } from '../labels/label-tensor.ts';
import {
  alignRight,
  alongAxis,
  broadcastDims,
  expandTo,
  extentAxes,
  NONE,
  sameLabels,
  take,
  walk,
} from '../labels/label-tensor.ts';
import type { CouplingContext } from './operator.ts';

/** Splits tensors into those that extend along one of the axes and the rest. */
export function splitByAxes(
  tensors: readonly LabelTensor[],
  axes: readonly number[],
): { readonly along: readonly LabelTensor[]; readonly rest: readonly LabelTensor[] } {
  const extends_ = (t: LabelTensor): boolean => axes.some((axis) => t.dims[axis]! > 1);
  return { along: tensors.filter(extends_), rest: tensors.filter((t) => !extends_(t)) };
}

/**
 * One id per position of `axis`: labels that lie along other axes are tied per position (a contraction sums over them).
 * NONE everywhere when the value carries no labels there.
 */
export function collapse(
  c: CouplingContext,
  tensors: readonly LabelTensor[],
  axis: number,
  size: number,
): readonly Int32Array[] {
  if (tensors.length === 0) return [new Int32Array(size).fill(NONE)];
  return tensors.map((tensor) => {
    const others = extentAxes(tensor).filter((a) => a !== axis);
    if (others.length === 0) return tensor.data;
    tieAlong(c, tensor, others);
    return others.reduce((t, a) => take(t, a, [0]), tensor).data;
  });
}

/** Ties, per position of the remaining axes, all labels that lie along `axes`. */
export function tieAlong(c: CouplingContext, tensor: LabelTensor, axes: readonly number[]): void {
  const first = axes.reduce((t, axis) => take(t, axis, [0]), tensor);
  walk(tensor.dims, [tensor, first], ([a, b]) => {
    c.tie(tensor.data[a!]!, first.data[b!]!);
  });
}

/**
 * For operators that mix whole axes (Softmax, normalisations, reductions): labels along them are tied per row; where nothing but the mixed
 * axes tells channels apart, they are frozen for `text`.
 */
export function mixAlong(
  c: CouplingContext,
  tensors: readonly LabelTensor[],
  axes: readonly number[],
  text: string,
): void {
  for (const tensor of splitByAxes(tensors, axes).along) {
    const mixed = extentAxes(tensor).filter((axis) => axes.includes(axis));
    if (mixed.length === extentAxes(tensor).length) c.freeze([tensor], text);
    else tieAlong(c, tensor, mixed);
  }
}

/** The labels along `axis`, the first of each position where they vary along other axes too (those are tied or refused later). */
export function representative(tensor: LabelTensor, axis: number): Int32Array {
  return extentAxes(tensor)
    .filter((a) => a !== axis)
    .reduce((t, a) => take(t, a, [0]), tensor).data;
}

/** Freezes channels that reach operands a rule does not follow: computed scales, shapes, limits. */
export function freezeOperands(c: CouplingContext, inputs: readonly number[], text: string): void {
  for (const input of inputs) c.freeze(c.labels(input), text, input);
}

/** One operand of an element-wise meeting. `input` is its input number; constants get a `pass` use there. */
export interface Operand {
  readonly input: number;
  readonly kind: 'constant' | 'shape' | 'activation' | 'absent';
  readonly shape: readonly number[];
  readonly labels: readonly LabelTensor[];
  /** A gate multiplies and is no source of the result's channels. */
  readonly gate?: boolean;
}

/** The inputs of a node as operands. */
export function operandsOf(c: CouplingContext, inputs?: readonly number[]): readonly Operand[] {
  return (inputs ?? c.node.inputs.map((_, input) => input))
    .filter((input) => c.kind(input) !== 'absent')
    .map((input) => ({ input, kind: c.kind(input), shape: c.inShape(input), labels: c.labels(input) }));
}

/**
 * Element-wise meeting under broadcasting: labels are tied where operands meet along a full-size axis, an operand without labels
 * freezes those it meets, constants are cut along. Returns the labels of the result. `scale` makes per-channel constants a `scale`
 * step of the flow.
 */
export function meet(
  c: CouplingContext,
  operands: readonly Operand[],
  outShape: readonly number[],
  scale = false,
): readonly LabelTensor[] {
  const rank = outShape.length;
  const aligned = operands.map((operand) => ({
    ...operand,
    shape: [...new Array<number>(Math.max(0, rank - operand.shape.length)).fill(1), ...operand.shape],
    offset: rank - operand.shape.length,
    labels: operand.labels.map((t) => alignRight(t, rank)),
  }));
  const meetings: {
    axes: Set<number>;
    members: { tensor: LabelTensor; from: (typeof aligned)[number] }[];
  }[] = [];
  for (const from of aligned) {
    for (const tensor of from.labels) {
      const axes = extentAxes(tensor);
      if (axes.length === 0) continue;
      const found = meetings.find((m) => axes.some((axis) => m.axes.has(axis)));
      if (found) {
        found.members.push({ tensor, from });
        for (const axis of axes) found.axes.add(axis);
      } else meetings.push({ axes: new Set(axes), members: [{ tensor, from }] });
    }
  }
  return meetings.map(({ axes, members }) => {
    const tensors = members.map((m) => m.tensor);
    for (const operand of aligned) {
      if (operand.kind === 'constant' || members.some((m) => m.from === operand)) continue;
      if ([...axes].some((axis) => operand.shape[axis]! > 1 && operand.shape[axis] === outShape[axis])) {
        const name = c.node.inputs[operand.input] ?? '';
        c.freeze(tensors, `meets '${name}', whose channels cannot be cut`);
      }
    }
    let result = joinMembers(c, members);
    for (const operand of aligned) {
      if (operand.kind !== 'constant') continue;
      for (const axis of axes) {
        if (operand.shape[axis]! <= 1) continue;
        const flow = representative(result, axis);
        c.use({ input: operand.input, role: 'pass', axis: axis - operand.offset, flow });
        const only = axes.size === 1 && operand.shape.every((size, a) => a === axis || size === 1);
        if (scale && only) result = { ...result, data: c.mint('scale', flow.length, [flow]) };
      }
    }
    return result;
  });
}

/** Ties tensors that meet; the result's ids add up their non-gate sources. */
function joinMembers(
  c: CouplingContext,
  members: readonly { readonly tensor: LabelTensor; readonly from: Operand }[],
): LabelTensor {
  const tensors = members.map((m) => m.tensor);
  if (tensors.length === 1) return tensors[0]!;
  const dims = broadcastDims(tensors);
  walk(dims, tensors, (offsets) => {
    const first = tensors[0]!.data[offsets[0]!]!;
    for (let t = 1; t < tensors.length; t++) c.tie(first, tensors[t]!.data[offsets[t]!]!);
  });
  const data = members.filter((m) => !m.from.gate).map((m) => m.tensor);
  const sources: LabelTensor[] = [];
  for (const t of data.length > 0 ? data : tensors) {
    const full = expandTo(t, dims);
    if (!sources.some((known) => sameLabels(known, full))) sources.push(full);
  }
  if (sources.length === 1) return sources[0]!;
  const ids = c.mint(
    'sum',
    sources[0]!.data.length,
    sources.map((s) => s.data),
  );
  return { dims, data: ids };
}

/** Labels of a value made by a weight: none for a single channel, which can never go. */
export function producedLabels(
  c: CouplingContext,
  rank: number,
  axis: number,
  ids: Int32Array,
): readonly LabelTensor[] {
  const tensor = alongAxis(rank, axis, ids);
  if (ids.length > 1) return [tensor];
  c.freeze([tensor], 'has a single channel, which must stay');
  return [];
}
