// A draw applied to a preprocessed picture: moved, then recoloured, then blanked out, straight into its place in a batch.
import type { AugmentDraw } from './augment.ts';
import { type Preprocess, perChannel } from './preprocess.ts';

/** Luma weights of ITU-R BT.601 for red, green and blue. */
const LUMA = [0.299, 0.587, 0.114] as const;

/** For each output position along an axis the offsets of the input values it mixes; `low` is -1 where the picture does not reach. */
interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** Share of `high`. */
  readonly weight: Float32Array;
  /** Whole shift: nothing is mixed. */
  readonly exact: boolean;
}

/**
 * Writes a picture of `channels` channels, preprocessed by `p` (either layout, no batch axis), as the draw says, into `out` from `offset`
 * on. Values between pixels are interpolated linearly; colours are clipped to what pixels 0..255 can be. Brightness, contrast and saturation
 * act in this order on what is visible; pictures without three channels have no saturation.
 */
export function writeAugmented(
  picture: Float32Array,
  channels: number,
  p: Preprocess,
  draw: AugmentDraw,
  out: Float32Array,
  offset: number,
): void {
  const target = out.subarray(offset, offset + channels * p.width * p.height);
  const blank = Array.from({ length: channels }, (_, channel) => toInput(p, channels, channel, p.padValue));
  movePixels(picture, p, draw, blank, target);
  if (draw.brightness !== 1 || draw.contrast !== 1 || draw.saturation !== 1)
    recolour(target, channels, p, draw);
  const { cutout } = draw;
  const [step, plane] = strides(p, channels);
  for (const [channel, value] of blank.entries()) {
    for (let y = cutout.y1; y < cutout.y2; y++) {
      for (let x = cutout.x1; x < cutout.x2; x++) target[channel * plane + (y * p.width + x) * step] = value;
    }
  }
}

function movePixels(
  picture: Float32Array,
  p: Preprocess,
  draw: AugmentDraw,
  blank: readonly number[],
  out: Float32Array,
): void {
  const { scale, shiftX, shiftY, flip } = draw;
  if (scale === 1 && shiftX === 0 && shiftY === 0 && !flip) {
    out.set(picture);
    return;
  }
  const [step, plane] = strides(p, blank.length);
  const columns = makeAxis(p.width, step, scale, shiftX, flip);
  const rows = makeAxis(p.height, step * p.width, scale, shiftY, false);
  for (const [channel, value] of blank.entries()) {
    const first = channel * plane;
    for (let y = 0; y < p.height; y++) {
      const row: Row = { out, start: first + y * p.width * step, step, blank: value };
      const [upper, lower] = [first + rows.low[y]!, first + rows.high[y]!];
      if (rows.low[y]! < 0) blankRow(row, p.width);
      else if (columns.exact && rows.exact) copyRow(row, columns, picture, upper);
      else mixRow(row, columns, picture, upper, lower, rows.weight[y]!);
    }
  }
}

/** One row of one channel that is being written. */
interface Row {
  readonly out: Float32Array;
  /** Offset of its first value, and the distance between its values. */
  readonly start: number;
  readonly step: number;
  /** Where the picture does not reach. */
  readonly blank: number;
}

function blankRow({ out, start, step, blank }: Row, width: number): void {
  for (let x = 0, o = start; x < width; x++, o += step) out[o] = blank;
}

function copyRow({ out, start, step, blank }: Row, { low }: Axis, picture: Float32Array, from: number): void {
  for (let x = 0, o = start; x < low.length; x++, o += step) {
    const column = low[x]!;
    out[o] = column < 0 ? blank : picture[from + column]!;
  }
}

/** Mixes the row of the picture at `upper` with `share` of the one at `lower`. */
function mixRow(
  { out, start, step, blank }: Row,
  { low, high, weight }: Axis,
  picture: Float32Array,
  upper: number,
  lower: number,
  share: number,
): void {
  for (let x = 0, o = start; x < low.length; x++, o += step) {
    const left = low[x]!;
    if (left < 0) {
      out[o] = blank;
      continue;
    }
    const right = high[x]!;
    const w = weight[x]!;
    const above = picture[upper + left]! * (1 - w) + picture[upper + right]! * w;
    const below = picture[lower + left]! * (1 - w) + picture[lower + right]! * w;
    out[o] = above + share * (below - above);
  }
}

function makeAxis(size: number, stride: number, scale: number, shift: number, mirrored: boolean): Axis {
  const [low, high] = [new Int32Array(size), new Int32Array(size)];
  const weight = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const centre = ((mirrored ? size - 1 - i : i) + 0.5 - shift) / scale;
    if (centre < 0 || centre >= size) {
      low[i] = -1;
      continue;
    }
    const at = Math.min(Math.max(centre - 0.5, 0), size - 1);
    const before = Math.floor(at);
    low[i] = before * stride;
    high[i] = Math.min(before + 1, size - 1) * stride;
    weight[i] = at - before;
  }
  return { low, high, weight, exact: scale === 1 && Number.isInteger(shift) };
}

/** All three colour operations are one linear map: a factor on the pixel, one on its luma, and a constant. */
function recolour(picture: Float32Array, channels: number, p: Preprocess, draw: AugmentDraw): void {
  const pixels = p.width * p.height;
  const [step, plane] = strides(p, channels);
  const saturation = channels === 3 ? draw.saturation : 1;
  const bounds = Array.from({ length: channels }, (_, channel) => ({
    black: toInput(p, channels, channel, 0),
    white: toInput(p, channels, channel, 255),
  }));
  const luma = new Float32Array(pixels);
  let sum = 0;
  for (const [channel, { black, white }] of bounds.entries()) {
    const weight = lumaWeight(p, channels, channel);
    const factor = (255 * weight) / (white - black);
    for (let i = 0, at = channel * plane; i < pixels; i++, at += step) {
      luma[i]! += (picture[at]! - black) * factor;
    }
  }
  for (let i = 0; i < pixels; i++) sum += luma[i]!;
  const gain = saturation * draw.contrast * draw.brightness;
  const greyGain = (1 - saturation) * draw.contrast * draw.brightness;
  const constant = ((1 - draw.contrast) * draw.brightness * sum) / pixels;
  for (const [channel, { black, white }] of bounds.entries()) {
    const unit = (white - black) / 255;
    // A negative scale turns black and white around.
    const [least, most] = [Math.min(black, white), Math.max(black, white)];
    for (let i = 0, at = channel * plane; i < pixels; i++, at += step) {
      const value = black + gain * (picture[at]! - black) + (greyGain * luma[i]! + constant) * unit;
      picture[at] = Math.min(Math.max(value, least), most);
    }
  }
}

function lumaWeight(p: Preprocess, channels: number, channel: number): number {
  if (channels !== 3) return 1 / channels;
  return LUMA[p.channels === 'bgr' ? 2 - channel : channel]!;
}

/** What a pixel value 0..255 is on the input. */
function toInput(p: Preprocess, channels: number, channel: number, value: number): number {
  return (
    (value * p.scale - perChannel(p, 'mean', channels)[channel]!) / perChannel(p, 'std', channels)[channel]!
  );
}

function strides(p: Preprocess, channels: number): readonly [step: number, plane: number] {
  return p.layout === 'nchw' ? [1, p.width * p.height] : [channels, 1];
}
