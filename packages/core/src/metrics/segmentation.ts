// Mean intersection over union of segmentation models.
import type { Placement } from '../data/placement.ts';
import { selectOutput, splitRows, targetsOfKind, wrongOutput } from './batch-rows.ts';
import type { Metric } from './metric.ts';

const CLASS_LIMIT = 2 ** 16;

/** How masks are read. */
export interface SegmentationOptions {
  /** Output to read, default the first. */
  readonly output?: string;
  /** With one channel: a pixel is of class 1 above this value, default 0.5 (0 for logits), else of class 0. */
  readonly threshold?: number;
  /** Pixels of this class in the truth are not judged, default 255. */
  readonly ignore?: number;
  /** Size of the model's input, pixels; default that of the output. */
  readonly inputWidth?: number;
  readonly inputHeight?: number;
}

/**
 * Intersection over union of predicted and true pixels, per class over the whole data set, averaged over the classes that occur in
 * truth or prediction (`mIoU`), and the share of right pixels (`pixelAccuracy`). Outputs are [N, C, h, w], the class with the
 * highest value or the threshold of a single channel. Each pixel of the truth is held against the output's pixel below its centre,
 * through the image's placement, so masks stay at their own size.
 */
export function createSegmentationMetric(options: SegmentationOptions = {}): Metric {
  const { threshold = 0.5, ignore = 255 } = options;
  // Pixels by class, which 16 bits hold: plain arrays, because every pixel of every image is counted.
  const shared = new Float64Array(CLASS_LIMIT);
  const truthArea = new Float64Array(CLASS_LIMIT);
  const predictedArea = new Float64Array(CLASS_LIMIT);
  return {
    name: 'mIoU',
    higherIsBetter: true,
    add(batch, targets) {
      const masks = targetsOfKind(targets, 'mask');
      const array = selectOutput(batch, options.output);
      if (array.dims.length !== 4) throw wrongOutput(array.dims, 'is not a map of [N, classes, h, w]');
      const [, channels, height, width] = array.dims as [number, number, number, number];
      for (const [i, row] of splitRows(array, masks.length).entries()) {
        const mask = masks[i]!;
        const predicted = classMap(row, channels, threshold);
        const { inputWidth = width, inputHeight = height } = options;
        const placement = batch.placements[i] ?? stretched(mask, inputWidth, inputHeight);
        const columns = sampleAxis(mask.width, placement.scaleX, placement.padX, inputWidth, width);
        const lines = sampleAxis(mask.height, placement.scaleY, placement.padY, inputHeight, height);
        for (const [at, truth] of mask.data.entries()) {
          if (truth === ignore) continue;
          const line = lines[Math.floor(at / mask.width)]!;
          const guess = predicted[line * width + columns[at % mask.width]!]!;
          truthArea[truth]!++;
          predictedArea[guess]!++;
          if (guess === truth) shared[truth]!++;
        }
      }
    },
    result() {
      const ious: number[] = [];
      for (const [c, both] of shared.entries()) {
        const either = truthArea[c]! + predictedArea[c]! - both;
        if (either > 0) ious.push(both / either);
      }
      const sum = (values: Float64Array | number[]): number => {
        let total = 0;
        for (const value of values) total += value;
        return total;
      };
      return {
        mIoU: sum(ious) / ious.length,
        pixelAccuracy: sum(shared) / sum(truthArea),
      };
    },
  };
}

/** The class of every pixel of a [C, h, w] map. */
function classMap(values: Float32Array, channels: number, threshold: number): Uint16Array {
  const pixels = values.length / channels;
  if (channels === 1) return Uint16Array.from(values, (value) => (value > threshold ? 1 : 0));
  const classes = new Uint16Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    let best = 0;
    for (let c = 1; c < channels; c++) {
      if (values[c * pixels + pixel]! > values[best * pixels + pixel]!) best = c;
    }
    classes[pixel] = best;
  }
  return classes;
}

/** Along one axis, the output's pixel that each pixel of the image lies on; what was cropped takes the nearest. */
function sampleAxis(size: number, scale: number, pad: number, input: number, output: number): Uint32Array {
  return Uint32Array.from({ length: size }, (_, i) => {
    const at = Math.floor((((i + 0.5) * scale + pad) * output) / input);
    return Math.min(Math.max(at, 0), output - 1);
  });
}

function stretched(
  image: { readonly width: number; readonly height: number },
  inputWidth: number,
  inputHeight: number,
): Pick<Placement, 'scaleX' | 'scaleY' | 'padX' | 'padY'> {
  return { scaleX: inputWidth / image.width, scaleY: inputHeight / image.height, padX: 0, padY: 0 };
}
