// Mean and spread of every channel of a value over a whole calibration set.
import { elementCount, toFloat32 } from '../onnx/tensor.ts';
import type { BatchedValue } from '../piecewise/frontier.ts';

/** One entry per channel. */
export interface ChannelStatistics {
  readonly mean: Float64Array;
  /** Mean square distance from the mean. */
  readonly variance: Float64Array;
}

/** Statistics along `axis`, of all channels or of those listed. */
export function channelStatistics(
  value: BatchedValue,
  axis: number,
  channels?: Int32Array,
): ChannelStatistics {
  const { dims } = value[0]!;
  const inner = elementCount(dims.slice(axis + 1));
  const size = dims[axis]!;
  const outer = elementCount(dims.slice(0, axis));
  const wanted = channels ?? Int32Array.from({ length: size }, (_, i) => i);
  const count = value.length * outer * inner;
  const batches = value.map(toFloat32);
  // Distances from any value of the channel keep the digits that a large mean would take from the squares.
  const origin = Float64Array.from(wanted, (channel) => batches[0]![channel * inner]!);
  const [sums, squares] = [new Float64Array(wanted.length), new Float64Array(wanted.length)];
  for (const data of batches) {
    for (let o = 0; o < outer; o++) {
      for (let c = 0; c < wanted.length; c++) {
        const from = (o * size + wanted[c]!) * inner;
        const shift = origin[c]!;
        let [sum, square] = [0, 0];
        for (let i = from; i < from + inner; i++) {
          const distance = data[i]! - shift;
          sum += distance;
          square += distance * distance;
        }
        sums[c]! += sum;
        squares[c]! += square;
      }
    }
  }
  return {
    mean: sums.map((sum, c) => origin[c]! + sum / count),
    variance: squares.map((square, c) => Math.max(square / count - (sums[c]! / count) ** 2, 0)),
  };
}
