import { describe, expect, it } from 'vitest';
import type { Target } from '../data/dataset.ts';
import { placeImage } from '../data/placement.ts';
import type { BatchOutputs } from './metric.ts';
import { createSegmentationMetric, type SegmentationOptions } from './segmentation.ts';

const maps = (dims: readonly number[], values: readonly number[]): BatchOutputs => ({
  outputs: { map: { type: 'float32', dims, data: Float32Array.from(values) } },
  placements: [],
});
const mask = (width: number, height: number, values: readonly number[]): Target => ({
  kind: 'mask',
  width,
  height,
  data: Uint8Array.from(values),
});
function measure(batch: BatchOutputs, target: Target, options?: SegmentationOptions) {
  const metric = createSegmentationMetric(options);
  metric.add(batch, [target]);
  return metric.result();
}

describe('createSegmentationMetric', () => {
  it('takes the highest class per pixel and averages over classes that occur', () => {
    // Predicted 0 0 2 2, true 0 1 2 2: IoU 1/2, 0, 1; class 3 occurs nowhere.
    const batch = maps([1, 4, 2, 2], [9, 9, 0, 0, 0, 0, 1, 1, 5, 5, 5, 5, 0, 0, 0, 0]);
    expect(measure(batch, mask(2, 2, [0, 1, 2, 2]))).toEqual({
      mIoU: expect.closeTo(0.5, 12),
      pixelAccuracy: 0.75,
    });
  });

  it('sums areas over batches before dividing', () => {
    const metric = createSegmentationMetric();
    metric.add(maps([1, 1, 1, 4], [0.9, 0.9, 0.1, 0.1]), [mask(4, 1, [1, 0, 0, 0])]);
    metric.add(maps([1, 1, 1, 4], [0.9, 0.9, 0.9, 0.9]), [mask(4, 1, [1, 1, 1, 1])]);
    // Class 1: 5 shared of 6; class 0: 2 of 3.
    expect(metric.result().mIoU).toBeCloseTo((5 / 6 + 2 / 3) / 2, 12);
  });

  it('cuts a single channel at the threshold and skips pixels to be ignored', () => {
    const batch = maps([1, 1, 1, 3], [-1, 0.2, 3]);
    expect(measure(batch, mask(3, 1, [0, 1, 1]), { threshold: 0 }).mIoU).toBe(1);
    expect(measure(batch, mask(3, 1, [0, 255, 1])).mIoU).toBe(1);
    expect(measure(batch, mask(3, 1, [0, 7, 1]), { ignore: 7 }).mIoU).toBe(1);
    expect(measure(batch, mask(3, 1, [0, 1, 1])).mIoU).toBe(0.5);
  });

  it('holds masks of another size against the pixel below, through the letterbox', () => {
    const half = maps([1, 1, 2, 2], [1, 0, 0, 1]);
    expect(measure(half, mask(4, 4, [1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1])).mIoU).toBe(1);
    // A 4x2 image on an input of 8x8, doubled, two rows of padding above; the map has a quarter of the input's resolution.
    const placement = placeImage(4, 2, { width: 8, height: 8, resize: 'letterbox' });
    const quarter = {
      ...maps([1, 1, 4, 4], [1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1]),
      placements: [placement],
    };
    const sizes = { inputWidth: 8, inputHeight: 8 };
    expect(measure(quarter, mask(4, 2, [1, 0, 0, 0, 0, 1, 0, 0]), sizes).mIoU).toBe(1);
  });

  it('refuses outputs without pixels', () => {
    expect(() => measure(maps([1, 2], [0, 1]), mask(1, 1, [0]))).toThrow('[1, 2] is not a map');
  });
});
