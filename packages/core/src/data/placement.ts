// Where an image comes to lie on a model's input, and how boxes found there go back to the image.
import { EspalierError } from '../errors.ts';

/**
 * How an image meets the input size: `stretch` both sides; `fit-crop` resizes the short side and cuts the centre; `letterbox`
 * fits the whole image and pads around it, `letterbox-topleft` right and below; `none` demands the exact size.
 */
export const RESIZE_MODES = ['stretch', 'fit-crop', 'letterbox', 'letterbox-topleft', 'none'] as const;

/** Name of a resize mode. */
export type ResizeMode = (typeof RESIZE_MODES)[number];

/**
 * The map from image to input pixels: x_input = x_image · scaleX + padX, and the same for y. Negative pads are cropped; a negative scaleX
 * mirrors, as augmentation does.
 */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly padX: number;
  readonly padY: number;
  /** Size of the original image, pixels. */
  readonly width: number;
  readonly height: number;
  /** Size of the image after resizing, before crop or padding. */
  readonly resizedWidth: number;
  readonly resizedHeight: number;
}

/** What decides a placement; a `Preprocess` has it all. */
export interface PlacementTarget {
  readonly width: number;
  readonly height: number;
  readonly resize: ResizeMode;
  readonly shortSide?: number;
}

/** A rectangle by its corners. */
export interface Corners {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Places an image of width × height on the target. `data.wrong-size` when the mode is `none` and the sizes differ. */
export function placeImage(width: number, height: number, target: PlacementTarget): Placement {
  const [resizedWidth, resizedHeight] = resizedSize(width, height, target);
  const centred = target.resize !== 'letterbox-topleft';
  return {
    scaleX: resizedWidth / width,
    scaleY: resizedHeight / height,
    padX: centred ? halve(target.width - resizedWidth) : 0,
    padY: centred ? halve(target.height - resizedHeight) : 0,
    width,
    height,
    resizedWidth,
    resizedHeight,
  };
}

/** Maps corners on the model's input back to the original image and clips them to it. */
export function toImageCorners(box: Corners, placement: Placement): Corners {
  const x = (value: number) => clip((value - placement.padX) / placement.scaleX, placement.width);
  const y = (value: number) => clip((value - placement.padY) / placement.scaleY, placement.height);
  const mirrored = placement.scaleX < 0;
  return {
    x1: x(mirrored ? box.x2 : box.x1),
    y1: y(box.y1),
    x2: x(mirrored ? box.x1 : box.x2),
    y2: y(box.y2),
  };
}

/** Maps corners on the original image to the model's input, beyond whose borders they may lie. */
export function toInputCorners(box: Corners, placement: Placement): Corners {
  const x = (value: number) => value * placement.scaleX + placement.padX;
  const y = (value: number) => value * placement.scaleY + placement.padY;
  const [a, b] = [x(box.x1), x(box.x2)];
  return { x1: Math.min(a, b), y1: y(box.y1), x2: Math.max(a, b), y2: y(box.y2) };
}

function resizedSize(width: number, height: number, target: PlacementTarget): readonly [number, number] {
  if (target.resize === 'none' && (width !== target.width || height !== target.height)) {
    throw new EspalierError({
      kind: 'data',
      code: 'data.wrong-size',
      message: `The image is ${width}x${height}, but the model takes ${target.width}x${target.height} and resize is 'none'.`,
      hint: `Choose a resize mode: ${RESIZE_MODES.filter((mode) => mode !== 'none').join(', ')}.`,
    });
  }
  if (target.resize === 'none' || target.resize === 'stretch') return [target.width, target.height];
  const [fitX, fitY] = [target.width / width, target.height / height];
  if (target.resize === 'fit-crop') {
    const factor =
      target.shortSide === undefined ? Math.max(fitX, fitY) : target.shortSide / Math.min(width, height);
    return [
      Math.max(target.width, Math.round(width * factor)),
      Math.max(target.height, Math.round(height * factor)),
    ];
  }
  const factor = Math.min(fitX, fitY);
  // The two letterboxes come from two families of detectors, and these from two ways to round.
  const round = target.resize === 'letterbox-topleft' ? Math.floor : Math.round;
  return [Math.max(1, round(width * factor)), Math.max(1, round(height * factor))];
}

/** Half of an odd difference goes down: detectors put the spare row of a letterbox below, croppers cut it above. */
function halve(difference: number): number {
  return Math.floor(difference / 2);
}

function clip(value: number, high: number): number {
  return Math.min(Math.max(value, 0), high);
}
