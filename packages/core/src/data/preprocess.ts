// From a picture to the numbers a model was trained on: resize, crop or letterbox, normalise, lay out.
import { EspalierError } from '../errors.ts';
import { type Image, toGrey } from './image.ts';
import { type Placement, placeImage, type ResizeMode } from './placement.ts';
import { type ResizeFilter, resizeImage } from './resize.ts';

/** Which channels a model is fed: `grey-to-rgb` repeats grey three times, `keep` takes what the image has. */
export const CHANNEL_MODES = ['rgb', 'bgr', 'grey', 'grey-to-rgb', 'keep'] as const;

/** Name of a channel mode. */
export type ChannelMode = (typeof CHANNEL_MODES)[number];

/** Everything between a decoded picture and a model's input: value = (pixel · scale − mean) / std. */
export interface Preprocess {
  /** Input size of the model, pixels. */
  readonly width: number;
  readonly height: number;
  readonly resize: ResizeMode;
  /** With `fit-crop`: length the short side is resized to before the crop, at least width and height; default: just enough. */
  readonly shortSide?: number;
  readonly filter: ResizeFilter;
  /** Pixel value of the letterbox' border, 0..255, before normalisation. */
  readonly padValue: number;
  /** Factor on pixel values 0..255. */
  readonly scale: number;
  /** One value for all or one per channel, in the order the model sees them (so BGR with `bgr`). */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly channels: ChannelMode;
  readonly layout: 'nchw' | 'nhwc';
}

/** A preprocessed picture without batch axis, and where it came to lie. */
export interface Preprocessed {
  readonly data: Float32Array;
  readonly placement: Placement;
}

/** Number of channels that a model is fed from an image with `imageChannels`. */
export function countChannels(mode: ChannelMode, imageChannels: number): number {
  if (mode === 'keep') return imageChannels;
  return mode === 'grey' ? 1 : 3;
}

/** Shape of one preprocessed picture, batch axis left out. */
export function preprocessedDims(p: Preprocess, imageChannels: number): readonly number[] {
  const channels = countChannels(p.channels, imageChannels);
  return p.layout === 'nchw' ? [channels, p.height, p.width] : [p.height, p.width, channels];
}

/**
 * Preprocesses one picture into a new array of `preprocessedDims`. Errors, kind `data`: `data.wrong-size` when `resize` is
 * `none` and the sizes differ, `data.wrong-channels` when the image cannot give the channels asked for.
 */
export function applyPreprocess(image: Image, p: Preprocess): Preprocessed {
  const data = new Float32Array(countChannels(p.channels, image.channels) * p.width * p.height);
  return { data, placement: writePreprocessed(image, p, data, 0) };
}

/** As `applyPreprocess`, into `out` from `offset` on: a batch is filled without intermediate copies. */
export function writePreprocessed(image: Image, p: Preprocess, out: Float32Array, offset: number): Placement {
  const fitted = fitImage(image, p);
  writeFitted(fitted, p, out, offset);
  return fitted.placement;
}

/** A picture in the size it has on the model's input, still 8 bits per value: the form worth keeping between epochs. */
export interface FittedImage {
  /** Resized, and made grey where the preprocessing asks for that; neither cropped nor padded. */
  readonly image: Image;
  readonly placement: Placement;
}

/** The first half of `applyPreprocess`, and the costly one: grey where asked for, and resized. Errors as there. */
export function fitImage(image: Image, p: Preprocess): FittedImage {
  // Refused before any work is done.
  sourceChannels(p.channels, image.channels);
  const placement = placeImage(image.width, image.height, p);
  const picture = p.channels === 'grey' || p.channels === 'grey-to-rgb' ? toGrey(image) : image;
  return {
    image: resizeImage(picture, placement.resizedWidth, placement.resizedHeight, p.filter),
    placement,
  };
}

/** The second half of `applyPreprocess`: cropped, padded and normalised into `out` from `offset` on. */
export function writeFitted(fitted: FittedImage, p: Preprocess, out: Float32Array, offset: number): void {
  const { image: resized, placement } = fitted;
  const sources = sourceChannels(p.channels, resized.channels);
  const tables = normalisationTables(p, sources.length);
  const { data } = resized;
  const { padX, padY } = placement;
  const pixels = p.width * p.height;
  const [outStep, outChannel] = p.layout === 'nchw' ? [1, pixels] : [sources.length, 1];
  const [step, channelStep] =
    resized.order === 'hwc' ? [resized.channels, 1] : [1, resized.width * resized.height];
  const top = Math.max(0, padY);
  const bottom = Math.min(p.height, padY + resized.height);
  const left = Math.max(0, padX);
  const right = Math.min(p.width, padX + resized.width);
  const covered = top === 0 && left === 0 && bottom === p.height && right === p.width;

  for (const [channel, source] of sources.entries()) {
    const { normalised, border } = tables[channel]!;
    const first = offset + channel * outChannel;
    if (!covered) {
      for (let i = 0, o = first; i < pixels; i++, o += outStep) out[o] = border;
    }
    for (let y = top; y < bottom; y++) {
      let i = source * channelStep + ((y - padY) * resized.width + left - padX) * step;
      let o = first + (y * p.width + left) * outStep;
      for (let x = left; x < right; x++, i += step, o += outStep) {
        out[o] = normalised[data[i]!]!;
      }
    }
  }
}

interface NormalisationTable {
  /** What each pixel value 0..255 becomes. */
  readonly normalised: Float32Array;
  /** What the padding's value becomes. */
  readonly border: number;
}

/** Small pictures by the thousand would spend much of their time on the same tables again. */
const knownTables = new WeakMap<Preprocess, readonly NormalisationTable[]>();

/** A pixel has 256 values only: looking them up is faster than computing them. */
function normalisationTables(p: Preprocess, channels: number): readonly NormalisationTable[] {
  const known = knownTables.get(p);
  if (known?.length === channels) return known;
  const mean = perChannel(p, 'mean', channels);
  const std = perChannel(p, 'std', channels);
  const tables = mean.map((centre, channel): NormalisationTable => {
    const normalise = (value: number) => (value * p.scale - centre) / std[channel]!;
    return {
      normalised: Float32Array.from({ length: 256 }, (_, value) => normalise(value)),
      border: normalise(p.padValue),
    };
  });
  knownTables.set(p, tables);
  return tables;
}

/** For each channel of the model the channel of the picture (made grey first where the mode says so). */
function sourceChannels(mode: ChannelMode, imageChannels: number): readonly number[] {
  const colour = mode === 'rgb' || mode === 'bgr';
  if (mode !== 'keep' && imageChannels !== 3 && (colour || imageChannels !== 1)) {
    throw new EspalierError({
      kind: 'data',
      code: 'data.wrong-channels',
      message: `The preprocessing asks for channels '${mode}', but the image has ${imageChannels}.`,
      hint: imageChannels === 1 ? "Use channels 'grey' or 'grey-to-rgb'." : "Use channels 'keep'.",
    });
  }
  if (mode === 'keep') return Array.from({ length: imageChannels }, (_, channel) => channel);
  if (mode === 'grey') return [0];
  if (mode === 'grey-to-rgb') return [0, 0, 0];
  return mode === 'rgb' ? [0, 1, 2] : [2, 1, 0];
}

/** Mean or deviation of each of `channels` channels that the model is fed; `data.wrong-channels` when their number is another. */
export function perChannel(p: Preprocess, key: 'mean' | 'std', channels: number): readonly number[] {
  const values = p[key];
  if (values.length === channels) return values;
  if (values.length === 1) return Array.from({ length: channels }, () => values[0]!);
  throw new EspalierError({
    kind: 'data',
    code: 'data.wrong-channels',
    message: `The preprocessing has ${values.length} ${key} values, but the model is fed ${channels} channels.`,
    hint: `Give one ${key} value or one per channel.`,
  });
}

/** Pixels as they are: one by one, no resizing, no scaling; for arrays, which nothing prepares. */
export const UNTOUCHED: Preprocess = {
  width: 1,
  height: 1,
  resize: 'none',
  filter: 'bilinear',
  padValue: 0,
  scale: 1,
  mean: [0],
  std: [1],
  channels: 'keep',
  layout: 'nchw',
};
