// Which channel of the original a channel of its cut is: told from what both compute, since a file says nothing of what was cut from it.
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount } from '../onnx/tensor.ts';

/** Positions that channels are compared at, over all samples. */
const POSITIONS = 1024;

/**
 * Pairs the channels (axis 1) of a value in a cut with channels of the same value in the original, both seen on the same samples: the order-keeping
 * choice whose correlations sum to most. One position of the original per channel of the cut, ascending. There must be no more channels in the cut
 * than in the original, and all other dims must be alike.
 */
export function pairChannels(cut: readonly NdArray[], original: readonly NdArray[]): Int32Array {
  const [own, theirs] = [standardRows(cut), standardRows(original)];
  const [few, many] = [own.length, theirs.length];
  // best[i][j]: the first i channels of the cut paired within the first j of the original.
  const best = Array.from({ length: few + 1 }, (_, i) =>
    new Float64Array(many + 1).fill(i === 0 ? 0 : -Infinity),
  );
  for (let i = 1; i <= few; i++) {
    for (let j = i; j <= many - few + i; j++) {
      const paired = best[i - 1]![j - 1]! + dot(own[i - 1]!, theirs[j - 1]!);
      best[i]![j] = Math.max(paired, best[i]![j - 1]!);
    }
  }
  const pairs = new Int32Array(few);
  for (let i = few, j = many; i > 0; j--) {
    if (best[i]![j] === best[i]![j - 1]) continue;
    pairs[--i] = j - 1;
  }
  return pairs;
}

/** What each channel is at some positions, spread over the samples: of mean 0 and length 1, or all 0 where it does not vary. */
function standardRows(samples: readonly NdArray[]): readonly Float64Array[] {
  const [batch, channels, ...spatial] = samples[0]!.dims as readonly [number, number, ...number[]];
  const area = elementCount(spatial);
  const count = samples.length * batch * area;
  const step = Math.max(1, Math.floor(count / POSITIONS));
  const places = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
  return Array.from({ length: channels }, (_, channel) => {
    const row = Float64Array.from(places, (place) => {
      const image = Math.floor(place / area);
      const { data } = samples[Math.floor(image / batch)]!;
      return Number(data[((image % batch) * channels + channel) * area + (place % area)]);
    });
    const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
    const centred = row.map((x) => x - mean);
    const length = Math.sqrt(dot(centred, centred));
    return length > 0 ? centred.map((x) => x / length) : centred;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
