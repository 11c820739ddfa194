// Augmentation as data: what may happen to a training picture, and what happens to this one. A draw depends on nothing but the
// run's seed, the epoch and the sample's position, so that batches, workers and resumed runs all see the same pictures.
import { EspalierError } from '../errors.ts';
import { createRandom, mixSeeds } from '../random.ts';
import type { Placement } from './placement.ts';

/** What may happen to a picture on the model's input. What it uncovers gets the preprocessing's `padValue`. */
export interface Augment {
  /** Largest shift in pixels, in all four directions, uniform; 0: none. "Padding and random crop" by that many pixels is the same thing. */
  readonly crop: number;
  /** Mirrored left to right, every other time. */
  readonly flip: boolean;
  /** Smallest and largest size factor, uniform; the smaller picture lies anywhere, the larger one shows any part. [1, 1]: none. */
  readonly scale: readonly [least: number, most: number];
  /** Largest deviation from 1, 0..1, of the factors on brightness, on contrast around the mean luma, on the distance from grey; 0: none. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /**
   * Side in pixels of a square that is blanked out, its centre anywhere; 0: none.
   * DeVries, Taylor: Improved Regularization of Convolutional Neural Networks with Cutout (2017).
   */
  readonly cutout: number;
}

/** Pictures as they are. */
export const NO_AUGMENT: Augment = {
  crop: 0,
  flip: false,
  scale: [1, 1],
  brightness: 0,
  contrast: 0,
  saturation: 0,
  cutout: 0,
};

/** What happens to one picture. */
export interface AugmentDraw {
  /** x ↦ x · scale + shiftX in pixels of the input, then mirrored when `flip`; y alike. */
  readonly scale: number;
  readonly shiftX: number;
  readonly shiftY: number;
  readonly flip: boolean;
  /** Factors, 1 for none. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** The blanked square, x2 and y2 exclusive, clipped to the input; empty for none. */
  readonly cutout: { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };
}

/** A size in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Which picture of which run is augmented. */
export interface AugmentMoment {
  readonly seed: number;
  readonly epoch: number;
  /** Position of the sample in its data set. */
  readonly position: number;
}

/** Draws what happens to a picture. Switching one operation on or off leaves what the others draw. */
export function drawAugment(
  augment: Augment,
  { width, height }: PictureSize,
  moment: AugmentMoment,
): AugmentDraw {
  const random = createRandom(mixSeeds(moment.seed, moment.epoch, moment.position));
  const flip = random.next() < 0.5 && augment.flip;
  const shift = () => random.integer(2 * augment.crop + 1) - augment.crop;
  const [cropX, cropY] = [shift(), shift()];
  const [least, most] = augment.scale;
  const scale = least + (most - least) * random.next();
  // Negative slack is the room around a smaller picture, positive slack what juts out of a larger one: one formula for both.
  const slack = (size: number) => (size - scale * size) * random.next();
  const [slackX, slackY] = [slack(width), slack(height)];
  const factor = (deviation: number) => 1 + deviation * (2 * random.next() - 1);
  const [brightness, contrast, saturation] = [
    factor(augment.brightness),
    factor(augment.contrast),
    factor(augment.saturation),
  ];
  const span = (size: number): readonly [number, number] => {
    const from = random.integer(size) - Math.floor(augment.cutout / 2);
    return [Math.max(0, from), Math.min(size, from + augment.cutout)];
  };
  const [[x1, x2], [y1, y2]] = [span(width), span(height)];
  return {
    scale,
    shiftX: cropX + slackX,
    shiftY: cropY + slackY,
    flip,
    brightness,
    contrast,
    saturation,
    cutout: { x1, y1, x2: Math.max(x1, x2), y2: Math.max(y1, y2) },
  };
}

/** Where the picture lies after the draw on an input of that width: boxes follow through the placement. */
export function augmentPlacement(placement: Placement, draw: AugmentDraw, width: number): Placement {
  const { scale, shiftX, shiftY, flip } = draw;
  const padX = placement.padX * scale + shiftX;
  return {
    ...placement,
    scaleX: placement.scaleX * scale * (flip ? -1 : 1),
    scaleY: placement.scaleY * scale,
    padX: flip ? width - padX : padX,
    padY: placement.padY * scale + shiftY,
    resizedWidth: Math.round(placement.resizedWidth * scale),
    resizedHeight: Math.round(placement.resizedHeight * scale),
  };
}

/** Whether pixels may change their place, so that masks and other targets bound to places would no longer fit. */
export function movesPixels({ crop, flip, scale }: Augment): boolean {
  return crop > 0 || flip || scale[0] !== 1 || scale[1] !== 1;
}

/** Refuses with `augment.bad-value` (kind `usage`) a shift or a square that the input is too small for. */
export function checkAugment(augment: Augment, { width, height }: PictureSize): void {
  for (const key of ['crop', 'cutout'] as const) {
    if (augment[key] < Math.min(width, height) || augment[key] === 0) continue;
    throw new EspalierError({
      kind: 'usage',
      code: 'augment.bad-value',
      message: `Augmentation '${key}=${augment[key]}' is too large for pictures of ${width}x${height}.`,
      hint: `Choose less than ${Math.min(width, height)} pixels; an eighth of the side is usual for crop, a quarter for cutout.`,
    });
  }
}
