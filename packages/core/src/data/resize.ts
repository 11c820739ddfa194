// Resampling of raw images: the same pixels on every platform. Downscaling without the antialias filter reads only the
// nearest pixels, as OpenCV's INTER_LINEAR does and detectors are usually trained; with it, as Pillow and torchvision do.
import type { Image } from './image.ts';

/** How pixels between pixels are found: linear interpolation, or linear with the kernel widened when shrinking. */
export type ResizeFilter = 'bilinear' | 'antialias';

/** For each output position the first input position and the weights from there on. */
interface Kernel {
  readonly starts: Int32Array;
  /** `taps` weights per output position, unused ones 0. */
  readonly weights: Float32Array;
  readonly taps: number;
}

/** Resamples to width × height (integers, at least 1), values rounded to 0..255; the order of the values stays. */
export function resizeImage(image: Image, width: number, height: number, filter: ResizeFilter): Image {
  if (image.width === width && image.height === height) return image;
  const [planes, step] = image.order === 'hwc' ? [1, image.channels] : [image.channels, 1];
  const columns = makeKernel(image.width, width, filter);
  const rows = makeKernel(image.height, height, filter);
  const data = new Uint8Array(width * height * image.channels);
  for (let plane = 0; plane < planes; plane++) {
    const sourceSize = image.width * image.height * step;
    const source = image.data.subarray(plane * sourceSize, (plane + 1) * sourceSize);
    const wide = resampleRows(source, image.width, image.height, step, columns);
    const size = width * height * step;
    resampleColumns(wide, width * step, rows, data.subarray(plane * size, (plane + 1) * size));
  }
  return { ...image, width, height, data };
}

function makeKernel(from: number, to: number, filter: ResizeFilter): Kernel {
  const ratio = from / to;
  const radius = filter === 'antialias' ? Math.max(1, ratio) : 1;
  const taps = Math.min(from, Math.ceil(radius) * 2 + 1);
  const starts = new Int32Array(to);
  const weights = new Float32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * ratio - 0.5;
    // A clamped start keeps all taps inside the image; positions left of the kernel just get weight 0.
    const start = Math.min(Math.max(0, Math.ceil(centre - radius)), from - taps);
    starts[i] = start;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const weight = Math.max(0, 1 - Math.abs(start + tap - centre) / radius);
      weights[i * taps + tap] = weight;
      sum += weight;
    }
    // At the border the missing neighbours' share goes to those that exist.
    for (let tap = 0; tap < taps; tap++) weights[i * taps + tap]! /= sum;
  }
  return { starts, weights, taps };
}

function resampleRows(
  source: Uint8Array,
  width: number,
  height: number,
  step: number,
  { starts, weights, taps }: Kernel,
): Float32Array {
  const out = new Float32Array(height * starts.length * step);
  let o = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < starts.length; x++) {
      const first = (y * width + starts[x]!) * step;
      for (let channel = 0; channel < step; channel++) {
        let sum = 0;
        for (let tap = 0, i = first + channel; tap < taps; tap++, i += step) {
          sum += weights[x * taps + tap]! * source[i]!;
        }
        out[o++] = sum;
      }
    }
  }
  return out;
}

function resampleColumns(
  source: Float32Array,
  rowSize: number,
  { starts, weights, taps }: Kernel,
  out: Uint8Array,
): void {
  const sum = new Float32Array(rowSize);
  for (let y = 0; y < starts.length; y++) {
    sum.fill(0.5);
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[y * taps + tap]!;
      if (weight === 0) continue;
      const row = (starts[y]! + tap) * rowSize;
      for (let i = 0; i < rowSize; i++) sum[i]! += weight * source[row + i]!;
    }
    // Weights sum to 1 up to rounding, so the truncated value stays within 0..255.
    for (let i = 0; i < rowSize; i++) out[y * rowSize + i] = sum[i]!;
  }
}
