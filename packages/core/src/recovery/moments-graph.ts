// The graph that turns data and targets of a linear layer into the sums its normal equations are made of.
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import type { ArrayType } from '../onnx/nd-array.ts';
import { elementCount } from '../onnx/tensor.ts';
import { type LinearLayer, tapCount } from '../ops/linear/linear-layer.ts';

/** A value as the graph meets it. */
export interface ValueForm {
  readonly type: ArrayType;
  readonly dims: readonly number[];
}

/** What the sums are taken of. */
export interface MomentsForm {
  readonly layer: LinearLayer;
  readonly data: ValueForm;
  /** The original's value, with all its channels. */
  readonly target: ValueForm;
  /** A value of the cut model that is taken off the target. */
  readonly shortcut?: ValueForm;
  /** Channels of the target that the cut model has, when not all. */
  readonly kept?: Int32Array;
  /** Then every channel of the target is mapped by factor · y + offset. */
  readonly line?: { readonly factor: Float32Array; readonly offset: Float32Array };
  /** Positions per window. */
  readonly counts: readonly number[];
}

/** Unknowns of one output: patch elements, and 1 for the bias where the layer has a place for it. */
export function unknownCount(layer: LinearLayer): number {
  return layer.inputs * tapCount(layer) + (layer.bias === undefined ? 0 : 1);
}

/** Rows that one batch contributes. */
export function rowCount({ layer, data, counts }: MomentsForm): number {
  const others = data.dims.filter((_, axis) => axis !== layer.inAxis && !isWindow(layer, axis));
  return elementCount(others) * elementCount(counts);
}

/**
 * Inputs: `data`, `target`, `shortcut` if there is one, and per window i the int64 tables `reads_i` [taps, count] and `at_i` [count].
 * Outputs: `gram` [groups, k, k] = Σ x·xᵀ, `cross` [groups, k, outputs] = Σ x·yᵀ, `energy` [groups, 2, outputs] = Σ y and Σ y².
 */
export function momentsGraph(form: MomentsForm): Model {
  const { layer, data, target, shortcut, kept, line } = form;
  const g = new GraphBuilder();
  const reads = layer.windows.map(({ taps }, i) => g.input(`reads_${i}`, [taps, form.counts[i]!], 'int64'));
  const at = layer.windows.map((_, i) => g.input(`at_${i}`, [form.counts[i]!], 'int64'));
  const take = (name: string, { type, dims }: ValueForm): string =>
    g.node('Cast', [g.input(name, dims, type)], { to: 1 });

  const x = writePatches(g, take('data', data), form, reads);
  const pick = (value: string, channels?: Int32Array): string => {
    const chosen = channels
      ? g.node('Gather', [value, g.integers([...channels])], { axis: layer.outAxis })
      : value;
    return layer.windows.reduce((v, { axis }, i) => g.node('Gather', [v, at[i]!], { axis }), chosen);
  };
  let y = pick(take('target', target), kept);
  if (shortcut) y = g.node('Sub', [y, pick(take('shortcut', shortcut))]);
  y = writeRows(g, y, form);
  if (line) {
    const row = (values: Float32Array): string =>
      g.constant({ dims: [layer.groups, 1, layer.outputs], data: values });
    y = g.node('Add', [g.node('Mul', [y, row(line.factor)]), row(line.offset)]);
  }
  const turned = g.node('Transpose', [x], { perm: [0, 2, 1] });
  const sums = [y, g.node('Mul', [y, y])].map((value) =>
    g.node('ReduceSum', [value, g.integers([1])], { keepdims: 1 }),
  );
  for (const [name, value] of [
    ['gram', g.node('MatMul', [turned, x])],
    ['cross', g.node('MatMul', [turned, y])],
    ['energy', g.node('Concat', sums, { axis: 1 })],
  ] as const) {
    g.output(g.node('Identity', [value], {}, name));
  }
  return g.model();
}

/** [groups, rows, k]: the patch of every chosen position, and a 1 for the bias. */
function writePatches(g: GraphBuilder, data: string, form: MomentsForm, reads: readonly string[]): string {
  const { layer } = form;
  const { dims } = form.data;
  // One zero behind every sliding axis: the tables point there for padding.
  const pads = [...dims.map(() => 0), ...dims.map((_, axis) => (isWindow(layer, axis) ? 1 : 0))];
  let value = layer.windows.length === 0 ? data : g.node('Pad', [data, g.integers(pads)]);
  // Each axis becomes two, taps and positions; from the last to the first, so that earlier axes stay where they are.
  const windows = layer.windows.map((window, i) => ({ ...window, i })).sort((a, b) => b.axis - a.axis);
  for (const { axis, i } of windows) value = g.node('Gather', [value, reads[i]!], { axis });

  const places = dims.map((_, axis) => axis + layer.windows.filter((window) => window.axis < axis).length);
  const others = dims.flatMap((_, axis) =>
    axis === layer.inAxis || isWindow(layer, axis) ? [] : [places[axis]!],
  );
  const sliding = layer.windows.map(({ axis }) => places[axis]!);
  const perm = [...others, ...sliding.map((place) => place + 1), places[layer.inAxis]!, ...sliding];
  const rows = rowCount(form);
  const k = layer.inputs * tapCount(layer);
  const flat = g.node('Reshape', [
    g.node('Transpose', [value], { perm }),
    g.integers([rows, layer.groups, k]),
  ]);
  const x = g.node('Transpose', [flat], { perm: [1, 0, 2] });
  if (layer.bias === undefined) return x;
  const ones = g.constant({
    dims: [layer.groups, rows, 1],
    data: new Float32Array(layer.groups * rows).fill(1),
  });
  return g.node('Concat', [x, ones], { axis: 2 });
}

/** [groups, rows, outputs]. */
function writeRows(g: GraphBuilder, value: string, form: MomentsForm): string {
  const { layer } = form;
  const axes = form.target.dims.map((_, axis) => axis);
  const others = axes.filter((axis) => axis !== layer.outAxis && !isWindow(layer, axis));
  const perm = [...others, ...layer.windows.map(({ axis }) => axis), layer.outAxis];
  const dims = g.integers([rowCount(form), layer.groups, layer.outputs]);
  const flat = g.node('Reshape', [g.node('Transpose', [value], { perm }), dims]);
  return g.node('Transpose', [flat], { perm: [1, 0, 2] });
}

function isWindow({ windows }: LinearLayer, axis: number): boolean {
  return windows.some((window) => window.axis === axis);
}
