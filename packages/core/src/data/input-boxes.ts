// Labelled objects on the model's input, where a detector is trained on them.
import type { PictureSize } from './augment.ts';
import type { TargetBox } from './dataset.ts';
import { type Placement, toInputCorners } from './placement.ts';

/** A box of less than this share of its area, or of fewer pixels on a side, shows too little of its object to be learned from. */
const LEAST_SHARE = 0.1;
const LEAST_SIDE = 2;

/**
 * Maps boxes of the original image through a placement (an augmented one too) and clips them to the input. Left out are boxes of which less than a
 * tenth is still visible, or that are less than 2 pixels wide or high.
 */
export function boxesOnInput(
  boxes: readonly TargetBox[],
  placement: Placement,
  { width, height }: PictureSize,
): readonly TargetBox[] {
  return boxes.flatMap((box) => {
    const whole = toInputCorners(box, placement);
    const seen = {
      x1: Math.max(0, whole.x1),
      y1: Math.max(0, whole.y1),
      x2: Math.min(width, whole.x2),
      y2: Math.min(height, whole.y2),
    };
    const [seenWidth, seenHeight] = [seen.x2 - seen.x1, seen.y2 - seen.y1];
    if (seenWidth < LEAST_SIDE || seenHeight < LEAST_SIDE) return [];
    const area = (whole.x2 - whole.x1) * (whole.y2 - whole.y1);
    return seenWidth * seenHeight < LEAST_SHARE * area ? [] : [{ ...box, ...seen }];
  });
}
