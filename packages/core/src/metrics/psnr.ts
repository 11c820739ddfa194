// Peak signal-to-noise ratio of models that restore or enlarge images.
import { toFloat32 } from '../onnx/tensor.ts';
import { selectOutput, splitRows, targetsOfKind, wrongTarget } from './batch-rows.ts';
import type { Metric } from './metric.ts';

/** How images are compared. */
export interface PsnrOptions {
  /** The largest value a pixel can have: 1, or 255. */
  readonly peak: number;
  /** Output to read, default the first. */
  readonly output?: string;
}

/** Mean over images of 10 · log10(peak² / mean squared error), in dB; Infinity where one is reproduced exactly. */
export function createPsnrMetric({ peak, output }: PsnrOptions): Metric {
  let samples = 0;
  let sum = 0;
  return {
    name: 'psnr',
    higherIsBetter: true,
    add(batch, targets) {
      const truths = targetsOfKind(targets, 'array').map((target) => target.array);
      for (const [i, row] of splitRows(selectOutput(batch, output), truths.length).entries()) {
        const truth = truths[i]!;
        if (truth.data.length !== row.length) {
          throw wrongTarget(
            `A target of shape [${truth.dims.join(', ')}] has not the ${row.length} values of the output.`,
          );
        }
        const values = toFloat32(truth);
        const squares = row.reduce((total, value, at) => total + (value - values[at]!) ** 2, 0);
        sum += 10 * Math.log10(peak ** 2 / (squares / row.length));
        samples++;
      }
    },
    result: () => ({ psnr: sum / samples }),
  };
}
