// Movement that chooses or repeats positions: Transpose, Slice, Gather, Split, Pad, Expand, Tile.

import {
  intAttribute,
  intsAttribute,
  makeNode,
  stringAttribute,
  withAttribute,
  withoutAttribute,
} from '../graph/attributes.ts';
import type { LabelTensor } from '../labels/label-tensor.ts';
import { alignRight, permute, take } from '../labels/label-tensor.ts';
import type { Node } from '../onnx/model.ts';
import { freezeOperands } from './labels.ts';
import type { MoveFacts, NodeFacts, Operator, RewriteContext } from './operator.ts';

/** An end beyond every axis that int32 operands can hold too. */
const TO_END = 0x7fffffff;
const range = (count: number, first = 0, step = 1): number[] =>
  Array.from({ length: Math.max(0, count) }, (_, i) => first + i * step);
const normalise = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** New index of each kept original position. */
const renumber = (kept: Int32Array): ReadonlyMap<number, number> =>
  new Map(Array.from(kept, (position, index) => [position, index]));

// ── Transpose ────────────────────────────────────────────────────────────────────────────────────────────────
function moveTranspose(facts: MoveFacts, tensor: LabelTensor): readonly LabelTensor[] {
  const order = intsAttribute(facts.node, 'perm') ?? range(tensor.dims.length).reverse();
  return [permute(tensor, order)];
}

// ── Slice ────────────────────────────────────────────────────────────────────────────────────────────────────
interface SliceRange {
  readonly axis: number;
  readonly positions: readonly number[];
}

/** Positions a Slice takes, by axis, given its operands' contents (operands or, before opset 10, attributes). */
function slicePositions(
  dims: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
  steps: readonly number[],
): readonly SliceRange[] {
  return starts.map((start, i) => {
    const axis = normalise(axes[i] ?? i, dims.length);
    const size = dims[axis]!;
    const step = steps[i] ?? 1;
    const from = start < 0 ? start + size : start;
    const to = ends[i]! < 0 ? ends[i]! + size : ends[i]!;
    const first = step > 0 ? Math.min(Math.max(from, 0), size) : Math.min(Math.max(from, 0), size - 1);
    const last = step > 0 ? Math.min(Math.max(to, 0), size) : Math.min(Math.max(to, -1), size - 1);
    return { axis, positions: range(Math.ceil((last - first) / step), first, step) };
  });
}

interface SliceOperands {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[];
  readonly steps: readonly number[];
}

function sliceOperands(
  facts: NodeFacts,
  read: (input: number) => readonly number[] | undefined,
): SliceOperands | undefined {
  const starts = intsAttribute(facts.node, 'starts') ?? read(1);
  const ends = intsAttribute(facts.node, 'ends') ?? read(2);
  if (!starts || !ends) return undefined;
  const axes = intsAttribute(facts.node, 'axes') ?? read(3) ?? range(starts.length);
  return { starts, ends, axes, steps: read(4) ?? range(starts.length, 1, 0) };
}

const rangesOf = (dims: readonly number[], o: SliceOperands): readonly SliceRange[] =>
  slicePositions(dims, o.starts, o.ends, o.axes, o.steps);

function moveSlice(facts: MoveFacts, tensor: LabelTensor): readonly LabelTensor[] | undefined {
  const operands = sliceOperands(facts, (input) => facts.content(input));
  if (!operands) return undefined;
  return [
    rangesOf(facts.inShape(0), operands).reduce((t, { axis, positions }) => take(t, axis, positions), tensor),
  ];
}

/**
 * On a cut axis a Slice that no longer takes the right positions gets new bounds, or, where the survivors are not evenly spaced,
 * opens up and leaves the choice to a Gather behind it.
 */
function rewriteSlice(c: RewriteContext): readonly Node[] {
  const original = sliceOperands(c, (input) => c.content(input));
  if (!original) return [c.node];
  const wanted = new Map<number, readonly number[]>();
  for (const { axis, positions } of rangesOf(c.inShape(0), original)) {
    const kept = c.keptIn(0, axis);
    if (!kept) continue;
    const index = renumber(kept);
    const survivors = positions.flatMap((position) => index.get(position) ?? []);
    for (let size = 0; size < c.sizes; size++) {
      const now = sliceOperands(c, (input) => c.operand(input, size));
      const taken = now && rangesOf(c.newInShape(0, size), now).find((r) => r.axis === axis)?.positions;
      if (!taken || taken.length !== survivors.length || taken.some((p, i) => p !== survivors[i])) {
        wanted.set(axis, survivors);
      }
    }
  }
  if (wanted.size === 0) return [c.node];
  const gathers: { readonly axis: number; readonly positions: readonly number[] }[] = [];
  const bounds = new Map<number, { start: number; end: number; step: number }>();
  for (const [axis, positions] of wanted) {
    const step = positions.length > 1 ? positions[1]! - positions[0]! : 1;
    const even = positions.every((p, i) => i === 0 || p - positions[i - 1]! === step);
    const first = positions[0]!;
    const last = positions.at(-1)!;
    if (!even) {
      gathers.push({ axis, positions });
      bounds.set(axis, { start: 0, end: TO_END, step: 1 });
    } else if (step > 0) bounds.set(axis, { start: first, end: last + 1, step });
    else bounds.set(axis, { start: first, end: last === 0 ? -TO_END : last - 1, step });
  }
  const rank = c.inShape(0).length;
  const sizes = range(c.sizes).map((size) => sliceOperands(c, (input) => c.operand(input, size)) ?? original);
  const patched = sizes.map((now) => {
    const of = (pick: 'start' | 'end' | 'step', values: readonly number[]): readonly number[] =>
      values.map((value, i) => bounds.get(normalise(original.axes[i]!, rank))?.[pick] ?? value);
    return { starts: of('start', now.starts), ends: of('end', now.ends), steps: of('step', now.steps) };
  });
  let node = c.node;
  if (intsAttribute(node, 'starts')) {
    node = withAttribute(withAttribute(node, 'starts', patched[0]!.starts), 'ends', patched[0]!.ends);
  } else {
    c.want(
      1,
      patched.map((p) => p.starts),
    );
    c.want(
      2,
      patched.map((p) => p.ends),
    );
    // Without steps the survivors of a range are a range.
    if (c.kind(4) !== 'absent') {
      c.want(
        4,
        patched.map((p) => p.steps),
      );
    }
  }
  return chainGathers(node, gathers, c);
}

/** Appends one Gather per axis behind a node; the last takes over the node's output name. */
function chainGathers(
  node: Node,
  gathers: readonly { readonly axis: number; readonly positions: readonly number[] }[],
  c: RewriteContext,
): readonly Node[] {
  const out = node.outputs[0]!;
  const names = gathers.map((_, i) => `${out}__open${i}`);
  const nodes = [gathers.length > 0 ? { ...node, outputs: [names[0]!] } : node];
  gathers.forEach(({ axis, positions }, i) => {
    nodes.push(makeNode('Gather', [names[i]!, c.constant(positions)], [names[i + 1] ?? out], { axis }));
  });
  return nodes;
}

// ── Gather ───────────────────────────────────────────────────────────────────────────────────────────────────
function moveGather(facts: MoveFacts, tensor: LabelTensor): readonly LabelTensor[] | undefined {
  const axis = normalise(intAttribute(facts.node, 'axis', 0), tensor.dims.length);
  const indexShape = facts.inShape(1);
  const replaced = (dims: readonly number[], by: readonly number[]): number[] => [
    ...dims.slice(0, axis),
    ...by,
    ...dims.slice(axis + 1),
  ];
  if (tensor.dims[axis] === 1) {
    return [
      {
        dims: replaced(
          tensor.dims,
          indexShape.map(() => 1),
        ),
        data: tensor.data,
      },
    ];
  }
  const indices = facts.content(1);
  if (!indices || indexShape.length > 1) return undefined;
  const size = tensor.dims[axis]!;
  const taken = take(
    tensor,
    axis,
    indices.map((index) => normalise(index, size)),
  );
  return [{ dims: replaced(taken.dims, indexShape), data: taken.data }];
}

function rewriteGather(c: RewriteContext): readonly Node[] {
  const axis = normalise(intAttribute(c.node, 'axis', 0), c.inShape(0).length);
  const kept = c.keptIn(0, axis);
  if (!kept) return [c.node];
  const index = renumber(kept);
  const size = c.inShape(0)[axis]!;
  const indices = (c.content(1) ?? []).flatMap((value) => index.get(normalise(value, size)) ?? []);
  c.want(
    1,
    range(c.sizes).map(() => indices),
  );
  return [c.node];
}

// ── Split ────────────────────────────────────────────────────────────────────────────────────────────────────
function moveSplit(facts: MoveFacts, tensor: LabelTensor): readonly LabelTensor[] | undefined {
  // The size of a part without a name is unknown.
  if (facts.node.outputs.includes('')) return undefined;
  const axis = normalise(intAttribute(facts.node, 'axis', 0), tensor.dims.length);
  let offset = 0;
  return facts.node.outputs.map((_, output) => {
    const count = facts.outShape(output)[axis]!;
    const part = take(tensor, axis, range(count, offset));
    offset += count;
    return part;
  });
}

/** Explicit sizes, unless an equal split still does it. */
function rewriteSplit(c: RewriteContext): readonly Node[] {
  const axis = normalise(intAttribute(c.node, 'axis', 0), c.inShape(0).length);
  if (!c.keptIn(0, axis)) return [c.node];
  const wanted = range(c.sizes).map((size) =>
    c.node.outputs.map((_, output) => c.newOutShape(output, size)[axis]!),
  );
  const sizes = wanted[0]!;
  const implicit = !intsAttribute(c.node, 'split') && c.kind(1) === 'absent';
  if (implicit && sizes.every((count) => count === sizes[0])) return [c.node];
  if (c.opset < 13) return [withAttribute(c.node, 'split', sizes)];
  const node = withoutAttribute(c.node, 'num_outputs');
  if (c.kind(1) === 'absent') return [{ ...node, inputs: [node.inputs[0]!, c.constant(sizes)] }];
  c.want(1, wanted);
  return [node];
}

// ── Pad ──────────────────────────────────────────────────────────────────────────────────────────────────────
/** Amounts before and after, per axis of the value. */
function padAmounts(
  facts: NodeFacts,
  read: (input: number) => readonly number[] | undefined,
):
  | {
      readonly before: readonly number[];
      readonly after: readonly number[];
      readonly axes: readonly number[];
    }
  | undefined {
  const pads = intsAttribute(facts.node, 'pads') ?? read(1);
  if (!pads) return undefined;
  const rank = facts.inShape(0).length;
  const axes = (read(3) ?? range(rank)).map((axis) => normalise(axis, rank));
  return { before: pads.slice(0, axes.length), after: pads.slice(axes.length), axes };
}

function movePad(facts: MoveFacts, tensor: LabelTensor): readonly LabelTensor[] | undefined {
  const amounts = padAmounts(facts, (input) => facts.content(input));
  if (!amounts) return undefined;
  const mode = stringAttribute(facts.node, 'mode', 'constant');
  let result = tensor;
  for (const [i, axis] of amounts.axes.entries()) {
    const [before, after] = [amounts.before[i]!, amounts.after[i]!];
    if (tensor.dims[axis] === 1 || (before === 0 && after === 0)) continue;
    if (mode !== 'constant' && (before > 0 || after > 0)) return undefined;
    const size = tensor.dims[axis]!;
    result = take(result, axis, range(size + Math.min(before, 0) + Math.min(after, 0), Math.max(-before, 0)));
    result = surround(result, axis, facts.fresh(Math.max(before, 0)), facts.fresh(Math.max(after, 0)));
  }
  return [result];
}

/** The tensor with fresh labels before and after the ones along `axis`. */
function surround(tensor: LabelTensor, axis: number, before: Int32Array, after: Int32Array): LabelTensor {
  const inner = tensor.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = tensor.dims.slice(0, axis).reduce((a, b) => a * b, 1);
  const size = tensor.dims[axis]!;
  const total = before.length + size + after.length;
  const data = new Int32Array(outer * total * inner);
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < total; k++) {
      const at = (o * total + k) * inner;
      if (k < before.length) data.fill(before[k]!, at, at + inner);
      else if (k < before.length + size) {
        const from = (o * size + k - before.length) * inner;
        data.set(tensor.data.subarray(from, from + inner), at);
      } else data.fill(after[k - before.length - size]!, at, at + inner);
    }
  }
  return { dims: tensor.dims.with(axis, total), data };
}

/** Padding shrinks with the padded positions that go. */
function rewritePad(c: RewriteContext): readonly Node[] {
  const original = padAmounts(c, (input) => c.content(input));
  if (!original) return [c.node];
  const count = original.axes.length;
  const change = (current: readonly number[]): readonly number[] => {
    const amounts = [...current];
    for (const [i, axis] of original.axes.entries()) {
      const inside = c.keptIn(0, axis);
      const outside = c.keptOut(0, axis);
      if (!inside && !outside) continue;
      const size = c.inShape(0)[axis]!;
      const [before, after] = [original.before[i]!, original.after[i]!];
      const total = size + before + after;
      const among = (kept: Int32Array | undefined, from: number, to: number): number =>
        kept ? kept.filter((p) => p >= from && p < to).length : to - from;
      amounts[i] = before >= 0 ? among(outside, 0, before) : -among(inside, 0, -before);
      amounts[count + i] =
        after >= 0 ? among(outside, total - after, total) : -among(inside, size + after, size);
    }
    return amounts;
  };
  const pads = intsAttribute(c.node, 'pads');
  if (pads) return [withAttribute(c.node, 'pads', change(pads))];
  const operands = range(c.sizes).map((size) => c.operand(1, size));
  if (operands.some((operand) => operand === undefined)) return [c.node];
  c.want(
    1,
    operands.map((operand) => change(operand!)),
  );
  return [c.node];
}

// ── Expand and Tile ──────────────────────────────────────────────────────────────────────────────────────────
/** Repeats labels along axes that carry them; an axis that grows from one position gets fresh labels. */
function moveRepeat(facts: MoveFacts, tensor: LabelTensor): readonly LabelTensor[] | undefined {
  const out = facts.outShape(0);
  const inShape = facts.inShape(0);
  const aligned = alignRight(tensor, out.length);
  const dims = [...new Array<number>(out.length - inShape.length).fill(1), ...inShape];
  let result = aligned;
  for (const [axis, size] of dims.entries()) {
    if (size === 1 || out[axis] === size || aligned.dims[axis] === 1) continue;
    result = take(
      result,
      axis,
      range(out[axis]!).map((position) => position % size),
    );
  }
  return [result];
}

function coupleRepeat(
  c: Parameters<NonNullable<Operator['couple']>>[0],
): readonly (readonly LabelTensor[])[] {
  if (c.kind(1) === 'activation') {
    freezeOperands(c, [0, 1], 'repeats them as often as the data says');
    return [[]];
  }
  const out = c.outShape(0);
  const inShape = c.inShape(0);
  const moved = c.labels(0).flatMap((tensor) => moveRepeat(c, tensor) ?? []);
  const minted = out.flatMap((size, axis): LabelTensor[] => {
    const before = inShape[axis - (out.length - inShape.length)] ?? 1;
    // The batch axis carries no channels: repeating over it makes none.
    if (before !== 1 || size === 1 || axis === 0) return [];
    return [{ dims: out.map((_, a) => (a === axis ? size : 1)), data: c.fresh(size) }];
  });
  return [[...moved, ...minted]];
}

function rewriteExpand(c: RewriteContext): readonly Node[] {
  return rewriteRepeats(c, (value, next) => (value === 1 ? 1 : next));
}

function rewriteTile(c: RewriteContext): readonly Node[] {
  return rewriteRepeats(c, (_, next, before) => next / before);
}

function rewriteRepeats(
  c: RewriteContext,
  element: (value: number, next: number, before: number) => number,
): readonly Node[] {
  const operands = range(c.sizes).map((size) => c.operand(1, size));
  if (operands.some((operand) => operand === undefined)) return [c.node];
  const wanted = operands.map((operand, size) => {
    const out = c.newOutShape(0, size);
    const inside = c.newInShape(0, size);
    const offset = out.length - operand!.length;
    return operand!.map((value, i) => {
      const axis = i + offset;
      return c.keptOut(0, axis)
        ? element(value, out[axis]!, inside[axis - (out.length - inside.length)] ?? 1)
        : value;
    });
  });
  c.want(1, wanted);
  return [c.node];
}

/** Records of the movement operators that choose or repeat positions. */
export const movements: Readonly<Record<string, Operator>> = {
  Transpose: { move: moveTranspose },
  Slice: { move: moveSlice, rewrite: rewriteSlice },
  Gather: { move: moveGather, rewrite: rewriteGather },
  Split: { move: moveSplit, rewrite: rewriteSplit },
  Pad: { move: movePad, rewrite: rewritePad },
  Expand: { couple: coupleRepeat, rewrite: rewriteExpand },
  Tile: { couple: coupleRepeat, rewrite: rewriteTile },
};
