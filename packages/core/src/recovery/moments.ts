// The sums behind a least-squares fit, gathered batch by batch by the engine and added up in double precision.
import type { Engine } from '../engine/engine.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount } from '../onnx/tensor.ts';
import type { LinearLayer } from '../ops/linear/linear-layer.ts';
import type { BatchedValue } from '../piecewise/frontier.ts';
import type { Random } from '../random.ts';
import { MOMENTS, type MomentsForm, momentsGraph, rowCount, unknownCount } from './moments-graph.ts';
import { sampleSizes, sampleWindow } from './window-sample.ts';

/** Sums over rows, per group; `unknowns` counts the bias, which comes last. */
export interface Moments {
  readonly groups: number;
  readonly unknowns: number;
  readonly outputs: number;
  readonly rows: number;
  /** groups × unknowns × unknowns: Σ x·xᵀ. */
  readonly gram: Float64Array;
  /** groups × unknowns × outputs: Σ x·yᵀ. */
  readonly cross: Float64Array;
  /** groups × 2 × outputs: Σ y, then Σ y². */
  readonly energy: Float64Array;
}

/** The values that the sums are taken of, and how they belong together: see {@link MomentsForm}. */
export interface MomentsInput extends Pick<MomentsForm, 'layer' | 'kept' | 'line' | 'bounds'> {
  readonly data: BatchedValue;
  readonly target: BatchedValue;
  readonly shortcut?: BatchedValue;
}

/** Weights in the form of {@link Moments.cross}, to predict with where targets are out of bounds. */
type Prediction = Float64Array;

/**
 * Adds up the moments of about `rows` rows (at least one position of every sample), at positions drawn anew for every batch. Without a prediction
 * the bounds are not looked at.
 */
export async function gatherMoments(
  { data, target, shortcut, bounds, ...about }: MomentsInput,
  rows: number,
  engine: Engine,
  random: Random,
  prediction?: Prediction,
): Promise<Moments> {
  const { layer } = about;
  const [x, y] = [data[0]!, target[0]!];
  const lengths = layer.windows.map(({ axis }) => y.dims[axis]!);
  const samples = rowCount({ layer, data: x, counts: [] }) * data.length;
  const form: MomentsForm = {
    ...about,
    data: x,
    target: y,
    ...(shortcut && { shortcut: shortcut[0]! }),
    ...(bounds && prediction && { bounds }),
    counts: sampleSizes(lengths, rows / samples),
  };
  const sums = emptyMoments(layer, rowCount(form) * data.length);
  const matrix = form.bounds && prediction && matrixArray(sums, prediction);
  const session = await engine.load(momentsGraph(form));
  try {
    for (const [i, batch] of data.entries()) {
      const part = await session.run({
        ...drawTables(form, random),
        data: batch,
        target: target[i]!,
        ...(shortcut && { shortcut: shortcut[i]! }),
        ...(matrix && { matrix }),
      });
      for (const name of ['gram', 'cross', 'energy'] as const) {
        const [sum, addend] = [sums[name], part[MOMENTS[name]]!.data as Float32Array];
        for (let at = 0; at < sum.length; at++) sum[at]! += addend[at]!;
      }
    }
  } finally {
    await session.close();
  }
  return sums;
}

function matrixArray({ groups, unknowns, outputs }: Moments, prediction: Prediction): NdArray {
  return { type: 'float32', dims: [groups, unknowns, outputs], data: Float32Array.from(prediction) };
}

function emptyMoments(layer: LinearLayer, rows: number): Moments {
  const { groups, outputs } = layer;
  const unknowns = unknownCount(layer);
  return {
    ...{ groups, unknowns, outputs, rows },
    gram: new Float64Array(elementCount([groups, unknowns, unknowns])),
    cross: new Float64Array(elementCount([groups, unknowns, outputs])),
    energy: new Float64Array(elementCount([groups, 2, outputs])),
  };
}

function drawTables({ layer, data, target, counts }: MomentsForm, random: Random): Record<string, NdArray> {
  const tables: Record<string, NdArray> = {};
  const integers = (dims: readonly number[], values: Int32Array): NdArray => ({
    type: 'int64',
    dims,
    data: BigInt64Array.from(values, BigInt),
  });
  for (const [i, window] of layer.windows.entries()) {
    const count = counts[i]!;
    const { at, reads } = sampleWindow(
      window,
      target.dims[window.axis]!,
      data.dims[window.axis]!,
      count,
      random,
    );
    tables[`reads_${i}`] = integers([window.taps, count], reads);
    tables[`at_${i}`] = integers([count], at);
  }
  return tables;
}
