// Boxes that a detector found, and how much two boxes have in common.
import type { Corners } from '../data/placement.ts';

/** One object that a detector found; corners in pixels, of the model's input or of the image as the context says. */
export interface Detection extends Corners {
  readonly classIndex: number;
  /** The detector's confidence, 0 to 1. */
  readonly score: number;
}

/** Area in square pixels; 0 for a box whose corners are swapped. */
export function boxArea(box: Corners): number {
  return Math.max(0, box.x2 - box.x1) * Math.max(0, box.y2 - box.y1);
}

/** Area that two boxes share, in square pixels. */
export function intersectionArea(a: Corners, b: Corners): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union, 0 to 1; 0 where both boxes are empty. */
export function boxIou(a: Corners, b: Corners): number {
  const shared = intersectionArea(a, b);
  return shared === 0 ? 0 : shared / (boxArea(a) + boxArea(b) - shared);
}
