import { describe, expect, it } from 'vitest';
import type { Target, TargetBox } from '../data/dataset.ts';
import { placeImage } from '../data/placement.ts';
import type { Detection } from './box.ts';
import {
  createDetectionAgreement,
  createDetectionMetric,
  type Detector,
  detectObjects,
} from './detection.ts';
import { yolov8 } from './layouts/yolov8.ts';
import type { BatchOutputs } from './metric.ts';

const CLASSES = 2;
const CELLS = 84;
/** 64x64 pixels have 84 cells, and so many detections fit into one image. */
const detector: Detector = { layout: yolov8, inputWidth: 64, inputHeight: 64 };

/** What YOLOv8 would answer had it found these in each image, corners in pixels of its input. */
function answer(...images: readonly (readonly Detection[])[]): BatchOutputs {
  const data = new Float32Array(images.length * (4 + CLASSES) * CELLS);
  for (const [image, detections] of images.entries()) {
    for (const [cell, { x1, y1, x2, y2, classIndex, score }] of detections.entries()) {
      const set = (row: number, value: number): void => {
        data[(image * (4 + CLASSES) + row) * CELLS + cell] = value;
      };
      set(0, (x1 + x2) / 2);
      set(1, (y1 + y2) / 2);
      set(2, x2 - x1);
      set(3, y2 - y1);
      set(4 + classIndex, score);
    }
  }
  const output = { type: 'float32', dims: [images.length, 4 + CLASSES, CELLS], data } as const;
  return { outputs: { output }, placements: [] };
}

const box = (x1: number, y1: number, x2: number, y2: number, classIndex = 0): TargetBox => ({
  classIndex,
  x1,
  y1,
  x2,
  y2,
});
const found = (at: TargetBox, score: number): Detection => ({ ...at, score });
const labelled = (...boxes: readonly TargetBox[]): Target => ({
  kind: 'boxes',
  boxes,
  width: 64,
  height: 64,
});

describe('detectObjects', () => {
  it('decodes and suppresses, with the limits of the detector', () => {
    const heap = answer([
      found(box(0, 0, 16, 16), 0.5),
      found(box(0, 0, 16, 15), 0.75),
      found(box(40, 40, 48, 48), 0.125),
    ]);
    const scores = (more: Partial<Detector>) =>
      detectObjects(heap.outputs, { ...detector, ...more })[0]!.map(({ score }) => score);
    expect(scores({})).toEqual([0.75, 0.125]);
    expect(scores({ iouThreshold: 0.95 })).toEqual([0.75, 0.5, 0.125]);
    expect(scores({ maxDetections: 1 })).toEqual([0.75]);
    expect(scores({ scoreThreshold: 0.25 })).toEqual([0.75]);
  });
});

describe('createDetectionMetric', () => {
  const left = box(0, 0, 16, 16);
  const right = box(40, 0, 56, 16, 1);

  it('averages over classes that occur and thresholds, over several batches', () => {
    const metric = createDetectionMetric(detector);
    // Class 0: one object found exactly, the other missed: 51/101 at every threshold.
    metric.add(answer([found(left, 0.9)], []), [labelled(left), labelled(left)]);
    // Class 1: 12 of 16 columns, IoU .75, found at .50 to .75: 6 of 10 thresholds.
    metric.add(answer([found(box(40, 0, 52, 16, 1), 0.8)]), [labelled(right)]);
    expect(metric.result()).toEqual({
      'mAP50-95': expect.closeTo((51 / 101 + 0.6) / 2, 12),
      mAP50: expect.closeTo((51 / 101 + 1) / 2, 12),
    });
    expect(metric.perClass().map(({ classIndex, objects }) => [classIndex, objects])).toEqual([
      [0, 2],
      [1, 1],
    ]);
    expect([...metric.classes!()]).toEqual([
      [0, { samples: 2, value: expect.closeTo(51 / 101, 12) }],
      [1, { samples: 1, value: expect.closeTo(0.6, 12) }],
    ]);
  });

  it('takes boxes back to the original image and clips them to it', () => {
    const placement = placeImage(128, 64, { width: 64, height: 64, resize: 'letterbox' });
    const batch = { ...answer([found(box(-8, 16, 32, 48), 0.9)]), placements: [placement] };
    const metric = createDetectionMetric(detector);
    // Halved and moved 16 pixels down on the input: the left half of the original.
    metric.add(batch, [labelled(box(0, 0, 64, 64))]);
    expect(metric.result()['mAP50-95']).toBe(1);
  });

  it('maps the classes of the detector to those of the labels', () => {
    const metric = createDetectionMetric(detector, (classIndex) => 90 + classIndex);
    metric.add(answer([found(right, 0.9)]), [labelled({ ...right, classIndex: 91 })]);
    expect(metric.result().mAP50).toBe(1);
  });

  it('leaves crowds out, and is NaN where nothing was to be found', () => {
    const metric = createDetectionMetric(detector);
    metric.add(answer([found(left, 0.9)]), [labelled({ ...left, crowd: true })]);
    expect(metric.result()).toEqual({ 'mAP50-95': Number.NaN, mAP50: Number.NaN });
  });

  it('refuses labels of another kind and batches of another size', () => {
    const metric = createDetectionMetric(detector);
    expect(() => metric.add(answer([]), [{ kind: 'class', index: 0 }])).toThrow(
      "of kind 'class', not 'boxes'",
    );
    expect(() => metric.add(answer([], []), [labelled()])).toThrow('is not a batch of 1 images');
  });
});

describe('createDetectionAgreement', () => {
  const objects = [
    found(box(0, 0, 16, 16), 0.75),
    found(box(30, 0, 50, 16, 1), 0.5),
    found(box(0, 40, 9, 60), 0.125),
  ];

  it('is 1 for the original itself', () => {
    const metric = createDetectionAgreement(detector);
    metric.add(answer(objects), answer(objects));
    expect(metric.result()).toEqual({ 'mAP50-95': 1, mAP50: 1 });
  });

  it('counts what is lost among the detections the original was sure of', () => {
    const without = (index: number) => answer(objects.filter((_, i) => i !== index));
    const score = (batch: BatchOutputs, truthScore?: number): number => {
      const metric = createDetectionAgreement(detector, truthScore);
      metric.add(batch, answer(objects));
      return metric.result().mAP50!;
    };
    expect(score(without(1))).toBe(0.5);
    expect(score(without(2))).toBe(1);
    // At a lower score the third is an object too: class 0 is found by half.
    expect(score(without(2), 0.1)).toBeCloseTo((51 / 101 + 1) / 2, 12);
    expect(score(without(0), 0.9)).toBeNaN();
  });
});
