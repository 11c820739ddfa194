import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Image } from './image.ts';
import { resizeImage } from './resize.ts';

const row = (...data: number[]): Image => ({
  width: data.length,
  height: 1,
  channels: 1,
  order: 'hwc',
  data: Uint8Array.from(data),
});

describe('resizeImage', () => {
  it('interpolates between pixel centres and repeats the border', () => {
    // Output centres lie at -0.25, 0.25, 0.75, 1.25 of the input.
    expect([...resizeImage(row(0, 100), 4, 1, 'bilinear').data]).toEqual([0, 25, 75, 100]);
  });

  it('reads only the nearest pixels when shrinking without antialias', () => {
    expect([...resizeImage(row(200, 0, 0, 200, 0, 0, 0, 0), 2, 1, 'bilinear').data]).toEqual([0, 0]);
    expect([...resizeImage(row(0, 200, 100, 0, 0, 0, 0, 0), 2, 1, 'bilinear').data]).toEqual([150, 0]);
  });

  it('averages under the widened triangle with antialias', () => {
    // Centre 1.5, radius 4: weights 5,7,7,5,3,1 of 8 over positions 0..5 (negative ones are dropped), normalised by 28.
    const [left] = resizeImage(row(0, 0, 255, 0, 0, 0, 0, 0), 2, 1, 'antialias').data;
    expect(left).toBe(Math.round((255 * 7) / 28));
  });

  it('returns the image itself when the size is already right', () => {
    const image = row(1, 2, 3);
    expect(resizeImage(image, 3, 1, 'bilinear')).toBe(image);
  });

  it('gives planes and interleaved values the same pixels', () => {
    const pixels = fc.uint8Array({ minLength: 5 * 4 * 3, maxLength: 5 * 4 * 3 });
    const size = fc.integer({ min: 1, max: 9 });
    const filter = fc.constantFrom('bilinear' as const, 'antialias' as const);
    fc.assert(
      fc.property(pixels, size, size, filter, (data, width, height, chosen) => {
        const planes = new Uint8Array(data.length);
        for (let i = 0; i < 20; i++) for (let c = 0; c < 3; c++) planes[c * 20 + i] = data[i * 3 + c]!;
        const hwc = resizeImage(
          { width: 5, height: 4, channels: 3, order: 'hwc', data },
          width,
          height,
          chosen,
        );
        const chw = resizeImage(
          { width: 5, height: 4, channels: 3, order: 'chw', data: planes },
          width,
          height,
          chosen,
        );
        for (let i = 0; i < width * height; i++) {
          for (let c = 0; c < 3; c++) expect(hwc.data[i * 3 + c]).toBe(chw.data[c * width * height + i]);
        }
      }),
    );
  });

  it('keeps a flat image flat and never leaves the range of its values', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (w, h, toW, toH, value) => {
        const image = {
          width: w,
          height: h,
          channels: 1,
          order: 'hwc' as const,
          data: new Uint8Array(w * h).fill(value),
        };
        for (const filter of ['bilinear', 'antialias'] as const) {
          const { data } = resizeImage(image, toW, toH, filter);
          expect(data.every((v) => v === value)).toBe(true);
        }
      }),
    );
  });
});
