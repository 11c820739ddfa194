// Cutting constants: the rows and columns of one weight that a choice of classes leaves.
import type { Use } from '../coupling/coupling.ts';
import { type KeepMask, keptPositions } from '../coupling/survivors.ts';
import type { Selection } from '../labels/channel-use.ts';
import type { ArrayData, NdArray } from '../onnx/nd-array.ts';

/** The selection that all uses of one input of one node ask for; undefined when nothing goes. */
export function selectionOf(uses: readonly Use[], keep: KeepMask): Selection | undefined {
  const byAxis = new Map<number, Int32Array[]>();
  const blocked = uses.filter((use) => use.within);
  for (const use of uses) {
    if (use.within) continue;
    byAxis.set(use.axis, [...(byAxis.get(use.axis) ?? []), use.labels]);
  }
  const axes = new Map<number, Int32Array>();
  for (const [axis, vectors] of byAxis) {
    const kept = keptPositions(vectors, keep);
    if (kept) axes.set(axis, kept);
  }
  if (blocked.length === 0) return axes.size === 0 ? undefined : { axes };
  const starts = [...new Set(blocked.map((use) => use.within!.from))];
  const parts = starts.map((from) => {
    const mine = blocked.filter((use) => use.within!.from === from);
    const vectors = mine.map((use) => use.labels);
    const all = Int32Array.from({ length: vectors[0]!.length }, (_, i) => i);
    return { from, to: mine[0]!.within!.to, kept: keptPositions(vectors, keep) ?? all };
  });
  const whole = parts.every((part) => part.kept.length === blocked[0]!.labels.length);
  if (whole && axes.size === 0) return undefined;
  return { axes, blocks: { axis: blocked[0]!.within!.axis, inner: blocked[0]!.axis, parts } };
}

/** True when both leave the same. */
export function sameSelection(a: Selection | undefined, b: Selection | undefined): boolean {
  return describe(a) === describe(b);
}

function describe(selection: Selection | undefined): string {
  if (!selection) return '';
  const axes = [...selection.axes].map(([axis, kept]) => `${axis}:${kept.join()}`);
  const blocks = selection.blocks?.parts.map((part) => `${part.from}-${part.to}:${part.kept.join()}`) ?? [];
  return [...axes, '|', ...blocks].join(';');
}

/** The selected part of an array. Blocks that keep no rows vanish. */
export function sliceArray(array: NdArray, selection: Selection): NdArray {
  const { blocks } = selection;
  if (!blocks) return takeAxes(array, selection.axes);
  const rows = selection.axes.get(blocks.axis);
  const parts = blocks.parts.flatMap(({ from, to, kept }) => {
    const mine = Int32Array.from({ length: to - from }, (_, i) => from + i).filter(
      (row) => !rows || rows.includes(row),
    );
    if (mine.length === 0) return [];
    const axes = new Map(selection.axes).set(blocks.axis, mine).set(blocks.inner, kept);
    return [takeAxes(array, axes)];
  });
  return concatenate(parts, blocks.axis);
}

function takeAxes(array: NdArray, axes: ReadonlyMap<number, Int32Array>): NdArray {
  let { dims, data } = array;
  for (const [axis, kept] of axes) {
    const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
    const outer = dims.slice(0, axis).reduce((a, b) => a * b, 1);
    const size = dims[axis]!;
    const out = emptyLike(data, outer * kept.length * inner);
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < kept.length; k++) {
        const from = (o * size + kept[k]!) * inner;
        copy(out, (o * kept.length + k) * inner, data, from, inner);
      }
    }
    dims = dims.with(axis, kept.length);
    data = out;
  }
  return { type: array.type, dims, data };
}

function concatenate(parts: readonly NdArray[], axis: number): NdArray {
  const first = parts[0]!;
  const total = parts.reduce((sum, part) => sum + part.dims[axis]!, 0);
  const dims = first.dims.with(axis, total);
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = dims.slice(0, axis).reduce((a, b) => a * b, 1);
  const data = emptyLike(first.data, outer * total * inner);
  let offset = 0;
  for (const part of parts) {
    const length = part.dims[axis]! * inner;
    for (let o = 0; o < outer; o++) copy(data, o * total * inner + offset, part.data, o * length, length);
    offset += length;
  }
  return { type: first.type, dims, data };
}

/** A zero-filled array of the same kind. */
function emptyLike(data: ArrayData, length: number): ArrayData {
  return new (data.constructor as new (length: number) => ArrayData)(length);
}

function copy(to: ArrayData, at: number, from: ArrayData, start: number, length: number): void {
  // Both arrays are of one kind, which the union of typed arrays cannot express.
  (to as Float32Array).set((from as Float32Array).subarray(start, start + length), at);
}
