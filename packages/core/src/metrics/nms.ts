// Non-maximum suppression: of the many boxes a detector gives for one object, the most confident stays.
import { boxIou, type Detection } from './box.ts';

/** Everything in one image that scored above the decoder's threshold: boxes, and which class each of them may be. */
export interface Candidates {
  /** x1, y1, x2, y2 of each box one after the other, pixels of the model's input. */
  readonly corners: Float32Array;
  /** Per candidate the number of its box; several classes of one box are several candidates. */
  readonly boxes: readonly number[];
  readonly classes: readonly number[];
  /** Confidence per candidate, 0 to 1. */
  readonly scores: readonly number[];
}

/** Where suppression draws its lines. */
export interface SuppressOptions {
  /** A box goes when it overlaps a better one of its class by more than this IoU; default 0.65. */
  readonly iouThreshold?: number;
  /** Boxes kept per image, the best of all classes; default 300. */
  readonly maxDetections?: number;
}

/**
 * Greedy non-maximum suppression, class by class: candidates are taken from the highest score down (of equals the first), each
 * kept unless it overlaps a kept one of its class too much. The detections come out by falling score.
 */
export function suppressOverlaps(
  candidates: Candidates,
  options: SuppressOptions = {},
): readonly Detection[] {
  const { iouThreshold = 0.65, maxDetections = 300 } = options;
  const { corners, boxes, classes, scores } = candidates;
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const keptOfClass = new Map<number, Detection[]>();
  const kept: Detection[] = [];
  // Walking through all classes by score gives what walking through each of them would, and may stop at the limit.
  for (const i of order) {
    if (kept.length >= maxDetections) break;
    const at = 4 * boxes[i]!;
    const detection: Detection = {
      classIndex: classes[i]!,
      score: scores[i]!,
      x1: corners[at]!,
      y1: corners[at + 1]!,
      x2: corners[at + 2]!,
      y2: corners[at + 3]!,
    };
    const rivals = keptOfClass.get(detection.classIndex) ?? [];
    if (rivals.some((rival) => boxIou(rival, detection) > iouThreshold)) continue;
    keptOfClass.set(detection.classIndex, rivals);
    rivals.push(detection);
    kept.push(detection);
  }
  return kept;
}
