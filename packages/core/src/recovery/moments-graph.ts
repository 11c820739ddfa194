// The graph that turns data and targets of a linear layer into the sums its normal equations are made of.
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import type { ArrayType } from '../onnx/nd-array.ts';
import { elementCount } from '../onnx/tensor.ts';
import { type LinearLayer, tapCount } from '../ops/linear/linear-layer.ts';
import type { Destination } from './destination.ts';

/** A value as the graph meets it. */
export interface ValueForm {
  readonly type: ArrayType;
  readonly dims: readonly number[];
}

/** What the sums are taken of: the layer's output, mapped by `line` and added to `shortcut`, should be `target`. */
export interface MomentsForm extends Pick<Destination, 'line'> {
  readonly layer: LinearLayer;
  readonly data: ValueForm;
  /** The original's value, with all its channels. */
  readonly target: ValueForm;
  readonly shortcut?: ValueForm;
  /** Channels of the target that the cut model has, when not all. */
  readonly kept?: Int32Array;
  /**
   * Targets out of these bounds are only a side to be on: there the layer's own prediction is the target, as long as it is out of bounds too.
   * The graph then has one more input, `matrix` [groups, k, outputs], to predict with.
   */
  readonly bounds?: Destination['bounds'];
  /** Positions per window. */
  readonly counts: readonly number[];
}

/** Names of the outputs of {@link momentsGraph}. */
export const MOMENTS = { gram: 'gram_out', cross: 'cross_out', energy: 'energy_out' } as const;

/** Unknowns of one output: patch elements, and 1 for the bias where the layer has a place for it. */
export function unknownCount(layer: LinearLayer): number {
  return layer.inputs * tapCount(layer) + (layer.bias === undefined ? 0 : 1);
}

/** Rows that one batch contributes. */
export function rowCount({ layer, data, counts }: Pick<MomentsForm, 'layer' | 'data' | 'counts'>): number {
  const others = data.dims.filter((_, axis) => axis !== layer.inAxis && !isWindow(layer, axis));
  return elementCount(others) * elementCount(counts);
}

/**
 * Inputs: `data`, `target`, `shortcut` and `matrix` where the form has them, and per window i the int64 tables `reads_i` [taps, count] and `at_i`
 * [count]. Outputs, by {@link MOMENTS}: gram [groups, k, k] = Σ x·xᵀ, cross [groups, k, outputs] = Σ x·yᵀ, energy [groups, 2, outputs] = Σ y
 * and Σ y², where y is what the layer itself should answer.
 */
export function momentsGraph(form: MomentsForm): Model {
  const { layer, counts } = form;
  const g = new GraphBuilder();
  const reads = layer.windows.map(({ taps }, i) => g.input(`reads_${i}`, [taps, counts[i]!], 'int64'));
  const at = layer.windows.map((_, i) => g.input(`at_${i}`, [counts[i]!], 'int64'));
  const x = writePatches(g, form, reads);
  const y = writeTargets(g, form, at, x);
  const turned = g.node('Transpose', [x], { perm: [0, 2, 1] });
  const sums = [y, g.node('Mul', [y, y])].map((value) =>
    g.node('ReduceSum', [value, g.integers([1])], { keepdims: 1 }),
  );
  g.output(g.node('MatMul', [turned, x], {}, 'gram'));
  g.output(g.node('MatMul', [turned, y], {}, 'cross'));
  g.output(g.node('Concat', sums, { axis: 1 }, 'energy'));
  return g.model();
}

/** [groups, rows, k]: the patch of every chosen position, and a 1 for the bias. */
function writePatches(g: GraphBuilder, form: MomentsForm, reads: readonly string[]): string {
  const { layer, data } = form;
  const { dims } = data;
  let value = readValue(g, 'data', data);
  // One zero behind every sliding axis: the tables point there for padding.
  const pads = [...dims.map(() => 0), ...dims.map((_, axis) => (isWindow(layer, axis) ? 1 : 0))];
  if (layer.windows.length > 0) value = g.node('Pad', [value, g.integers(pads)]);
  // Each axis becomes two, taps and positions; from the last to the first, so that earlier axes stay where they are.
  const windows = layer.windows.map(({ axis }, i) => ({ axis, i })).sort((a, b) => b.axis - a.axis);
  for (const { axis, i } of windows) value = g.node('Gather', [value, reads[i]!], { axis });

  const places = dims.map((_, axis) => axis + layer.windows.filter((window) => window.axis < axis).length);
  const others = dims.flatMap((_, axis) =>
    axis === layer.inAxis || isWindow(layer, axis) ? [] : [places[axis]!],
  );
  const sliding = layer.windows.map(({ axis }) => places[axis]!);
  const perm = [...others, ...sliding.map((place) => place + 1), places[layer.inAxis]!, ...sliding];
  const rows = rowCount(form);
  const x = splitGroups(g, g.node('Transpose', [value], { perm }), rows, layer.groups);
  if (layer.bias === undefined) return x;
  const ones = new Float32Array(layer.groups * rows).fill(1);
  return g.node('Concat', [x, g.constant({ dims: [layer.groups, rows, 1], data: ones })], { axis: 2 });
}

/** [groups, rows, outputs]: what the layer should answer at the chosen positions. */
function writeTargets(g: GraphBuilder, form: MomentsForm, at: readonly string[], x: string): string {
  const { layer, target, kept, line, bounds } = form;
  const axes = target.dims.map((_, axis) => axis);
  const others = axes.filter((axis) => axis !== layer.outAxis && !isWindow(layer, axis));
  const perm = [...others, ...layer.windows.map(({ axis }) => axis), layer.outAxis];
  const toRows = (value: string): string => {
    const chosen = layer.windows.reduce((v, { axis }, i) => g.node('Gather', [v, at[i]!], { axis }), value);
    return splitGroups(g, g.node('Transpose', [chosen], { perm }), rowCount(form), layer.groups);
  };
  const perOutput = (numbers: ArrayLike<number>): string =>
    g.constant({ dims: [layer.groups, 1, layer.outputs], data: Float32Array.from(numbers) });
  const whole = readValue(g, 'target', target);
  let y = toRows(kept ? g.node('Gather', [whole, g.integers([...kept])], { axis: layer.outAxis }) : whole);
  const shortcut = form.shortcut && toRows(readValue(g, 'shortcut', form.shortcut));
  if (bounds) {
    let predicted = g.node('MatMul', [
      x,
      g.input('matrix', [layer.groups, unknownCount(layer), layer.outputs]),
    ]);
    if (line) predicted = g.node('Mul', [predicted, perOutput(line.scale)]);
    if (line) predicted = g.node('Add', [predicted, perOutput(line.shift)]);
    if (shortcut) predicted = g.node('Add', [predicted, shortcut]);
    for (const [limit, outside, side] of [
      [bounds.low, 'LessOrEqual', 'Min'],
      [bounds.high, 'GreaterOrEqual', 'Max'],
    ] as const) {
      if (!Number.isFinite(limit)) continue;
      const edge = g.scalar(limit);
      y = g.node('Where', [g.node(outside, [y, edge]), g.node(side, [predicted, edge]), y]);
    }
  }
  if (shortcut) y = g.node('Sub', [y, shortcut]);
  if (!line) return y;
  return g.node('Div', [g.node('Sub', [y, perOutput(line.shift)]), perOutput(line.scale)]);
}

/** Rows, then groups, then the elements of each, as [groups, rows, elements]. */
function splitGroups(g: GraphBuilder, value: string, rows: number, groups: number): string {
  const split = g.node('Reshape', [value, g.integers([rows, groups, -1])]);
  return g.node('Transpose', [split], { perm: [1, 0, 2] });
}

function readValue(g: GraphBuilder, name: string, { type, dims }: ValueForm): string {
  return g.node('Cast', [g.input(name, dims, type)], { to: 1 });
}

function isWindow({ windows }: LinearLayer, axis: number): boolean {
  return windows.some((window) => window.axis === axis);
}
