// What calibration images show of a model's activations, added up batch by batch: ranks of feature maps, amplitudes of channels.
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount, toFloat32 } from '../onnx/tensor.ts';
import { unusable } from './data-source.ts';
import { matrixRank } from './matrix-rank.ts';
import type { ObservedValue } from './observed-values.ts';

/** Takes batches and knows one number per position of every use, by use id. */
export interface ActivationMeter {
  /** Observed values of one batch by name, batch axis first. Error, kind data: `importance.non-finite`. */
  add(values: Readonly<Record<string, NdArray>>): void;
  result(): ReadonlyMap<number, Float64Array>;
}

/** Larger feature maps are looked at in so many rows and columns, evenly spread: the rank they may reach, and the time it takes, stay bounded. */
export const MAX_MAP_SIDE = 64;

/** Mean rank of each channel's feature maps. Axes behind the channel axis make the map, its last one the columns; without any it is 1 × 1. */
export function createRankMeter(observed: readonly ObservedValue[]): ActivationMeter {
  return createMeter(
    observed,
    (dims) => {
      const columns = spread(dims.at(-1) ?? 1);
      const rows = spread(elementCount(dims.slice(0, -1)));
      const width = dims.at(-1) ?? 1;
      const map = new Float64Array(rows.length * columns.length);
      return (data, start) => {
        let next = 0;
        for (const row of rows)
          for (const column of columns) map[next++] = data[start + row * width + column]!;
        return matrixRank(map, rows.length, columns.length);
      };
    },
    (mean) => mean,
  );
}

/** Root mean square of each channel, over images and positions. */
export function createAmplitudeMeter(observed: readonly ObservedValue[]): ActivationMeter {
  return createMeter(
    observed,
    (dims) => {
      const size = elementCount(dims);
      return (data, start) => {
        let sum = 0;
        for (let i = start; i < start + size; i++) sum += data[i]! ** 2;
        return sum / size;
      };
    },
    Math.sqrt,
  );
}

/** Measures one channel of one image, whose elements begin at `start`. */
type Measure = (data: Float32Array, start: number) => number;

function createMeter(
  observed: readonly ObservedValue[],
  measureOf: (dims: readonly number[]) => Measure,
  finish: (mean: number) => number,
): ActivationMeter {
  const sums = new Map(observed.map(({ use, positions }) => [use, new Float64Array(positions.length)]));
  const counts = new Map<number, number>();
  return {
    add(values) {
      for (const { use, value, axis, positions } of observed) {
        const { dims } = values[value]!;
        const data = toFloat32(values[value]!);
        const inner = dims.slice(axis + 1);
        const measure = measureOf(inner);
        const size = elementCount(inner);
        const rows = elementCount(dims.slice(0, axis));
        const own = sums.get(use)!;
        // A rank counts no broken numbers: they are looked for here, where every element passes.
        const broken = data.findIndex((x) => !Number.isFinite(x));
        if (broken >= 0) throw unusable(value, `element ${broken}`, data[broken]!);
        for (let row = 0; row < rows; row++) {
          positions.forEach((position, i) => {
            own[i]! += measure(data, (row * dims[axis]! + position) * size);
          });
        }
        counts.set(use, (counts.get(use) ?? 0) + rows);
      }
    },
    result: () =>
      new Map([...sums].map(([use, own]) => [use, own.map((sum) => finish(sum / (counts.get(use) ?? 1)))])),
  };
}

function spread(size: number): readonly number[] {
  const count = Math.min(size, MAX_MAP_SIDE);
  return Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
}
