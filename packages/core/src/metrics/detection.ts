// Mean average precision of a detector, over labelled images or against the detections of the original.
import type { TargetBox } from '../data/dataset.ts';
import { toImageCorners } from '../data/placement.ts';
import { targetsOfKind, wrongOutput } from './batch-rows.ts';
import type { Detection } from './box.ts';
import type { DecodeOptions, DetectionLayout } from './layouts/layout.ts';
import {
  type ClassPrecision,
  COCO_IOU_THRESHOLDS,
  type MatchedDetection,
  matchDetections,
  precisionPerClass,
} from './mean-average-precision.ts';
import type { AgreementMetric, BatchOutputs, Metric } from './metric.ts';
import { type SuppressOptions, suppressOverlaps } from './nms.ts';
import { mean } from './statistics.ts';

/** How the outputs of a detector become detections. */
export interface Detector extends Omit<DecodeOptions, 'threshold'>, SuppressOptions {
  readonly layout: DetectionLayout;
  /** Detections score above this, default 0.001: mAP wants the whole precision curve. */
  readonly scoreThreshold?: number;
}

/** Mean average precision, with its parts. */
export interface DetectionMetric<Truth> extends Metric<Truth> {
  /** Average precision of each class that occurs, by class index. */
  perClass(): readonly ClassPrecision[];
}

/** Decodes and suppresses: the detections of each image by falling score, corners in pixels of the model's input. */
export function detectObjects(
  outputs: BatchOutputs['outputs'],
  detector: Detector,
): readonly (readonly Detection[])[] {
  const { layout, scoreThreshold = 0.001 } = detector;
  return layout
    .decode(outputs, { ...detector, threshold: scoreThreshold })
    .map((candidates) => suppressOverlaps(candidates, detector));
}

/**
 * COCO mean average precision over labelled images: `mAP50-95`, the mean over classes that occur and IoU .50 to .95, and `mAP50`
 * at .50 alone. Boxes are taken back to the original images first. `classOf` maps the detector's class indices to those of the
 * labels where they differ.
 */
export function createDetectionMetric(
  detector: Detector,
  classOf: (classIndex: number) => number = (classIndex) => classIndex,
): DetectionMetric<Parameters<Metric['add']>[1]> {
  const tally = createTally();
  return {
    ...tally.metric,
    add(batch, targets) {
      const truths = targetsOfKind(targets, 'boxes');
      const images = detectObjects(batch.outputs, detector);
      requireImages(images.length, truths.length);
      for (const [i, detections] of images.entries()) {
        const placement = batch.placements[i];
        tally.addImage(
          detections.map((detection) => ({
            ...detection,
            ...(placement && toImageCorners(detection, placement)),
            classIndex: classOf(detection.classIndex),
          })),
          truths[i]!.boxes,
        );
      }
    },
  };
}

/**
 * How much of what the original model found is found again: mean average precision with the original's detections above
 * `truthScore` (default 0.25) as the objects. NaN when the original found nothing.
 */
export function createDetectionAgreement(
  detector: Detector,
  truthScore = 0.25,
): DetectionMetric<BatchOutputs> & AgreementMetric {
  const tally = createTally();
  return {
    ...tally.metric,
    add(batch, original) {
      const images = detectObjects(batch.outputs, detector);
      const truths = detectObjects(original.outputs, detector);
      requireImages(images.length, truths.length);
      for (const [i, detections] of images.entries()) {
        tally.addImage(
          detections,
          truths[i]!.filter((detection) => detection.score > truthScore),
        );
      }
    },
  };
}

/** The sums that both metrics keep: every detection's fate, and the objects per class. */
function createTally() {
  const matches: MatchedDetection[] = [];
  const objects = new Map<number, number>();
  const perClass = () => precisionPerClass(matches, objects);
  return {
    addImage(detections: readonly Detection[], truths: readonly TargetBox[]): void {
      for (const match of matchDetections(detections, truths)) matches.push(match);
      for (const { classIndex, crowd } of truths) {
        if (!crowd) objects.set(classIndex, (objects.get(classIndex) ?? 0) + 1);
      }
    },
    metric: {
      name: 'mAP50-95',
      higherIsBetter: true,
      perClass,
      classes: () =>
        new Map(
          perClass().map(({ classIndex, objects: samples, averagePrecision }) => [
            classIndex,
            { samples, value: mean(averagePrecision) },
          ]),
        ),
      result() {
        const classes = perClass();
        const sum = classes.flatMap((entry) => entry.averagePrecision).reduce((a, b) => a + b, 0);
        const sum50 = classes.reduce((total, entry) => total + entry.averagePrecision[0]!, 0);
        return {
          'mAP50-95': sum / (classes.length * COCO_IOU_THRESHOLDS.length),
          mAP50: sum50 / classes.length,
        };
      },
    },
  };
}

function requireImages(count: number, expected: number): void {
  if (count !== expected) throw wrongOutput([count], `is not a batch of ${expected} images`);
}
