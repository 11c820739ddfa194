import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { type AugmentDraw, drawAugment, NO_AUGMENT } from './augment.ts';
import { writeAugmented } from './augment-picture.ts';
import { type Preprocess, UNTOUCHED } from './preprocess.ts';

const still: AugmentDraw = drawAugment(NO_AUGMENT, UNTOUCHED, { seed: 0, epoch: 0, position: 0 });
const grid: Preprocess = { ...UNTOUCHED, width: 3, height: 3, padValue: 9 };
const nine = Float32Array.of(10, 20, 30, 40, 50, 60, 70, 80, 90);

function augment(
  picture: Float32Array,
  p: Preprocess,
  change: Partial<AugmentDraw>,
  channels = 1,
): readonly number[] {
  const out = new Float32Array(picture.length + 2).fill(-1);
  writeAugmented(picture, channels, p, { ...still, ...change }, out, 1);
  expect([out[0], out.at(-1)]).toEqual([-1, -1]);
  return [...out.subarray(1, -1)];
}

describe('writeAugmented', () => {
  it('copies when nothing happens', () => {
    expect(augment(nine, grid, {})).toEqual([...nine]);
  });

  it('shifts as padding and cropping would, with the pad value in the gap', () => {
    expect(augment(nine, grid, { shiftX: 1, shiftY: -1 })).toEqual([9, 40, 50, 9, 70, 80, 9, 9, 9]);
  });

  it('mirrors after it shifted', () => {
    expect(augment(nine, grid, { flip: true })).toEqual([30, 20, 10, 60, 50, 40, 90, 80, 70]);
    expect(augment(nine, grid, { flip: true, shiftX: 1 })).toEqual([20, 10, 9, 50, 40, 9, 80, 70, 9]);
  });

  it('scales around the corner by linear interpolation', () => {
    const p = { ...grid, width: 4, height: 1 };
    const row = Float32Array.of(10, 20, 30, 40);
    expect(augment(row, p, { scale: 2 })).toEqual([10, 12.5, 17.5, 22.5]);
    expect(augment(row, p, { scale: 0.5, shiftY: 0.25 })).toEqual([15, 35, 9, 9]);
    expect(augment(row, p, { scale: 2, shiftX: -4, flip: true })).toEqual([40, 37.5, 32.5, 27.5]);
  });

  it('blanks out the square', () => {
    const cutout = { x1: 1, y1: 0, x2: 3, y2: 2 };
    expect(augment(nine, grid, { cutout })).toEqual([10, 9, 9, 40, 9, 9, 70, 80, 90]);
  });

  it('changes colours as the definitions say, in pixel values', () => {
    const p = { ...UNTOUCHED, width: 2, height: 1 };
    // Two pixels, planes red green blue; luma 0.299 r + 0.587 g + 0.114 b.
    const pixels = Float32Array.of(100, 50, 60, 50, 20, 50);
    const luma = [0.299 * 100 + 0.587 * 60 + 0.114 * 20, 50];
    const close = (found: readonly number[], expected: readonly number[]) => {
      for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 3);
    };
    close(augment(pixels, p, { brightness: 1.5 }, 3), [150, 75, 90, 75, 30, 75]);
    const mean = (luma[0]! + luma[1]!) / 2;
    close(
      augment(pixels, p, { contrast: 0.5 }, 3),
      [...pixels].map((v) => mean + 0.5 * (v - mean)),
    );
    close(
      augment(pixels, p, { saturation: 0.5 }, 3),
      [...pixels].map((v, i) => luma[i % 2]! + 0.5 * (v - luma[i % 2]!)),
    );
    close(
      augment(pixels, p, { brightness: 2, contrast: 0.5, saturation: 2 }, 3),
      [...pixels].map((v, i) => {
        const contrasted = (value: number) => 2 * mean + 0.5 * (2 * value - 2 * mean);
        const grey = contrasted(luma[i % 2]!);
        return Math.max(0, Math.min(255, grey + 2 * (contrasted(v) - grey)));
      }),
    );
  });

  it('clips to what pixels can be, whatever the normalisation', () => {
    const p = { ...UNTOUCHED, width: 1, height: 1, scale: 1 / 255, mean: [0.5], std: [0.25] };
    const [bright] = augment(Float32Array.of((200 / 255 - 0.5) / 0.25), p, { brightness: 1.9 });
    expect(bright).toBeCloseTo(2, 5);
    const [dark] = augment(Float32Array.of((200 / 255 - 0.5) / 0.25), p, { brightness: 0.5 });
    expect(dark).toBeCloseTo((100 / 255 - 0.5) / 0.25, 5);
  });

  it('does the same in every layout and channel order', () => {
    const random = createRandom(3);
    const p: Preprocess = { ...UNTOUCHED, width: 6, height: 5, padValue: 114, channels: 'rgb' };
    const planes = Float32Array.from({ length: 90 }, () => random.integer(256));
    const draw = {
      scale: 1.3,
      shiftX: -0.7,
      shiftY: 0.4,
      flip: true,
      brightness: 1.1,
      contrast: 0.8,
      saturation: 1.3,
      cutout: { x1: 1, y1: 1, x2: 3, y2: 3 },
    };
    const expected = augment(planes, p, draw, 3);
    const interleave = (values: ArrayLike<number>) =>
      Float32Array.from({ length: 90 }, (_, i) => values[(i % 3) * 30 + Math.floor(i / 3)]!);
    expect(augment(interleave(planes), { ...p, layout: 'nhwc' }, draw, 3)).toEqual([...interleave(expected)]);

    const swap = (values: ArrayLike<number>) =>
      Float32Array.from({ length: 90 }, (_, i) => values[(2 - Math.floor(i / 30)) * 30 + (i % 30)]!);
    const swapped = augment(swap(planes), { ...p, channels: 'bgr' }, draw, 3);
    for (const [i, value] of swap(expected).entries()) expect(swapped[i]).toBeCloseTo(value, 3);
  });

  it('gives golden numbers', () => {
    const p: Preprocess = {
      ...UNTOUCHED,
      width: 4,
      height: 2,
      padValue: 114,
      scale: 1 / 255,
      mean: [0.5],
      std: [0.5],
    };
    const picture = Float32Array.from({ length: 24 }, (_, i) => ((i * 10) / 255 - 0.5) / 0.5);
    const all = {
      crop: 1,
      flip: true,
      scale: [0.8, 1.25] as const,
      brightness: 0.2,
      contrast: 0.2,
      saturation: 0.2,
      cutout: 1,
    };
    const draw = drawAugment(all, p, { seed: 11, epoch: 1, position: 5 });
    const rounded = augment(picture, p, draw, 3).map((value) => Math.round(value * 1e4) / 1e4);
    expect(rounded.join(' ')).toMatchInlineSnapshot(
      `"-0.9757 -0.8901 -0.7956 -0.1026 -0.6695 -0.5839 -0.1059 -0.1026 -0.3628 -0.2771 -0.1827 -0.1026 -0.0566 0.029 -0.1059 -0.1026 0.2502 0.3358 0.4303 -0.1026 0.5563 0.642 -0.1059 -0.1026"`,
    );
  });
});
