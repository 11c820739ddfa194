import { describe, expect, it } from 'vitest';
import type { Image } from './image.ts';
import {
  applyPreprocess,
  fitImage,
  type Preprocess,
  preprocessedDims,
  writeFitted,
  writePreprocessed,
} from './preprocess.ts';

const plain: Preprocess = {
  width: 2,
  height: 1,
  resize: 'none',
  filter: 'bilinear',
  padValue: 114,
  scale: 1,
  mean: [0],
  std: [1],
  channels: 'rgb',
  layout: 'nchw',
};

/** Two pixels, red green blue = 1 2 3 and 4 5 6. */
const interleaved: Image = {
  width: 2,
  height: 1,
  channels: 3,
  order: 'hwc',
  data: Uint8Array.of(1, 2, 3, 4, 5, 6),
};
const planar: Image = { ...interleaved, order: 'chw', data: Uint8Array.of(1, 4, 2, 5, 3, 6) };
const grey: Image = { width: 2, height: 1, channels: 1, order: 'hwc', data: Uint8Array.of(10, 20) };

describe('applyPreprocess', () => {
  it.each([
    ['nchw', 'rgb', [1, 4, 2, 5, 3, 6]],
    ['nhwc', 'rgb', [1, 2, 3, 4, 5, 6]],
    ['nchw', 'bgr', [3, 6, 2, 5, 1, 4]],
    ['nhwc', 'bgr', [3, 2, 1, 6, 5, 4]],
    ['nchw', 'keep', [1, 4, 2, 5, 3, 6]],
    ['nchw', 'grey', [2, 5]],
    ['nchw', 'grey-to-rgb', [2, 5, 2, 5, 2, 5]],
  ] as const)('lays out %s %s from both storage orders', (layout, channels, expected) => {
    for (const image of [interleaved, planar]) {
      const p = { ...plain, layout, channels };
      expect([...applyPreprocess(image, p).data]).toEqual(expected);
      expect(preprocessedDims(p, 3).reduce((a, b) => a * b)).toBe(expected.length);
    }
  });

  it('scales before it subtracts the mean and divides by the deviation, per channel of the model', () => {
    const p = { ...plain, scale: 1 / 2, mean: [1, 2, 3], std: [1, 2, 4], channels: 'bgr' } as const;
    const expected = [3, 6, 2, 5, 1, 4].map((v, i) => {
      const channel = Math.floor(i / 2);
      return (v / 2 - p.mean[channel]!) / p.std[channel]!;
    });
    expect([...applyPreprocess(interleaved, p).data]).toEqual(expected);
  });

  it('normalises the border of a letterbox as a pixel of that value', () => {
    const p = { ...plain, height: 3, resize: 'letterbox', mean: [14], std: [100] } as const;
    const { data, placement } = applyPreprocess(interleaved, p);
    expect(placement).toMatchObject({ padX: 0, padY: 1 });
    expect([...data.subarray(0, 2), ...data.subarray(4, 6)]).toEqual([1, 1, 1, 1]);
    expect(data[2]).toBeCloseTo((1 - 14) / 100, 6);
  });

  it('cuts the centre of a wider image', () => {
    const wide: Image = { width: 4, height: 1, channels: 1, order: 'hwc', data: Uint8Array.of(1, 2, 3, 4) };
    const { data, placement } = applyPreprocess(wide, { ...plain, channels: 'grey', resize: 'fit-crop' });
    expect([...data]).toEqual([2, 3]);
    expect(placement.padX).toBe(-1);
  });

  it('stretches', () => {
    const p = { ...plain, width: 4, channels: 'grey', resize: 'stretch' } as const;
    expect([...applyPreprocess(grey, p).data]).toEqual([10, 13, 18, 20]);
  });

  it('fills its place in a batch and nothing else', () => {
    const out = new Float32Array(6).fill(-1);
    writePreprocessed(grey, { ...plain, channels: 'grey' }, out, 2);
    expect([...out]).toEqual([-1, -1, 10, 20, -1, -1]);
  });

  it('says which channels are missing', () => {
    const wrongChannels = (message: string) =>
      expect.objectContaining({
        kind: 'data',
        code: 'data.wrong-channels',
        message: expect.stringContaining(message),
      });
    expect(() => applyPreprocess(grey, plain)).toThrow(wrongChannels("'rgb', but the image has 1"));
    const four: Image = { width: 2, height: 1, channels: 4, order: 'hwc', data: new Uint8Array(8) };
    expect(() => applyPreprocess(four, { ...plain, channels: 'grey' })).toThrow(wrongChannels('has 4'));
    expect(() => applyPreprocess(grey, { ...plain, channels: 'grey', mean: [1, 2, 3] })).toThrow(
      wrongChannels('3 mean values'),
    );
  });
});

describe('fitImage and writeFitted', () => {
  it('are the two halves of applyPreprocess', () => {
    const image: Image = {
      width: 5,
      height: 3,
      channels: 3,
      order: 'hwc',
      data: Uint8Array.from({ length: 45 }, (_, i) => i * 5),
    };
    for (const channels of ['rgb', 'bgr', 'grey', 'grey-to-rgb', 'keep'] as const) {
      for (const resize of ['stretch', 'fit-crop', 'letterbox', 'letterbox-topleft'] as const) {
        const p: Preprocess = { ...plain, width: 4, height: 4, channels, resize };
        const whole = applyPreprocess(image, p);
        const fitted = fitImage(image, p);
        expect(fitted.placement).toEqual(whole.placement);
        const data = new Float32Array(whole.data.length);
        writeFitted(fitted, p, data, 0);
        expect(data).toEqual(whole.data);
      }
    }
  });

  it('refuses before it resizes', () => {
    expect(() => fitImage(grey, plain)).toThrow(expect.objectContaining({ code: 'data.wrong-channels' }));
  });
});
