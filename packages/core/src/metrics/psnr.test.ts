import { expect, it } from 'vitest';
import type { Target } from '../data/dataset.ts';
import type { BatchOutputs } from './metric.ts';
import { createPsnrMetric } from './psnr.ts';

const images = (...rows: readonly (readonly number[])[]): BatchOutputs => ({
  outputs: { image: { type: 'float32', dims: [rows.length, 1, 1, 2], data: Float32Array.from(rows.flat()) } },
  placements: [],
});
const truth = (...values: readonly number[]): Target => ({
  kind: 'array',
  array: { type: 'uint8', dims: [1, 1, values.length], data: Uint8Array.from(values) },
});

it('is the mean over images, in decibels below the peak', () => {
  const metric = createPsnrMetric({ peak: 100 });
  // Mean squared errors 1 and 100 below a peak of 100² = 10,000: 40 dB and 20 dB.
  metric.add(images([11, 19], [0, 0]), [truth(10, 20), truth(10, 10)]);
  expect(metric.result()).toEqual({ psnr: expect.closeTo(30, 12) });
});

it('is infinite for an exact copy and NaN for nothing', () => {
  const metric = createPsnrMetric({ peak: 255 });
  expect(metric.result().psnr).toBeNaN();
  metric.add(images([1, 2]), [truth(1, 2)]);
  expect(metric.result().psnr).toBe(Infinity);
});

it('refuses a target of another size', () => {
  expect(() => createPsnrMetric({ peak: 1 }).add(images([1, 2]), [truth(1, 2, 3)])).toThrow(
    'A target of shape [1, 1, 3] has not the 2 values of the output.',
  );
});
