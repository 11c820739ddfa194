import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RESIZE_MODES } from './placement.ts';
import { CHANNEL_MODES, type Preprocess } from './preprocess.ts';
import { formatPreprocess, parsePreprocess } from './preprocess-text.ts';

const base: Preprocess = {
  width: 224,
  height: 224,
  resize: 'stretch',
  filter: 'antialias',
  padValue: 114,
  scale: 1 / 255,
  mean: [0],
  std: [1],
  channels: 'rgb',
  layout: 'nchw',
};

describe('parsePreprocess', () => {
  it('changes what is given and keeps the rest', () => {
    expect(parsePreprocess('', base)).toEqual(base);
    expect(parsePreprocess(' size=32x24  mean=.485,.456,.406 scale=1 channels=bgr', base)).toEqual({
      ...base,
      width: 32,
      height: 24,
      mean: [0.485, 0.456, 0.406],
      scale: 1,
      channels: 'bgr',
    });
  });

  it('reads the object of a YAML file', () => {
    const source = {
      size: [640, 480],
      resize: 'letterbox',
      scale: '1/255',
      mean: 0.5,
      std: [0.5],
      padValue: 0,
    };
    expect(parsePreprocess(source, base)).toEqual({
      ...base,
      width: 640,
      height: 480,
      resize: 'letterbox',
      mean: [0.5],
      std: [0.5],
      padValue: 0,
    });
    expect(parsePreprocess({ size: 64 }, base)).toMatchObject({ width: 64, height: 64 });
  });

  it.each([
    ['size=0x4', 'size'],
    ['size=3x4x5', 'size'],
    ['size=3.5', 'size'],
    ['size=3x', 'size'],
    ['resize=fit', 'resize'],
    ['size=224x224 shortSide=200', 'shortSide'],
    ['padValue=300', 'padValue'],
    ['scale=1/0', 'scale'],
    ['scale', 'scale'],
    ['mean=a', 'mean'],
    ['mean=', 'mean'],
    ['std=0.1,0', 'std'],
    ['channels=RGB', 'channels'],
    ['layout=hwc', 'layout'],
    ['filter=cubic', 'filter'],
  ])('refuses %s', (text, key) => {
    expect(() => parsePreprocess(text, base)).toThrow(
      expect.objectContaining({
        kind: 'usage',
        code: 'preprocess.bad-value',
        message: expect.stringContaining(`'${key}'`),
      }),
    );
  });

  it('names the key it does not know', () => {
    expect(() => parsePreprocess({ Mean: 0 }, base)).toThrow(
      expect.objectContaining({ code: 'preprocess.unknown-key', message: expect.stringContaining("'Mean'") }),
    );
  });
});

describe('formatPreprocess', () => {
  it('prints one line', () => {
    expect(formatPreprocess({ ...base, resize: 'fit-crop', shortSide: 256 })).toBe(
      'size=224x224 resize=fit-crop shortSide=256 filter=antialias padValue=114 scale=1/255 mean=0 std=1 channels=rgb layout=nchw',
    );
  });

  it('is read back to the same record', () => {
    const side = fc.integer({ min: 1, max: 4096 });
    const value = fc.double({ min: 0.001, max: 1000, noNaN: true });
    const record = fc.record({
      width: side,
      height: side,
      resize: fc.constantFrom(...RESIZE_MODES),
      filter: fc.constantFrom('bilinear' as const, 'antialias' as const),
      padValue: fc.integer({ min: 0, max: 255 }),
      scale: fc.oneof(value, fc.constantFrom(1, 1 / 255, 1 / 127.5, 1 / 3)),
      mean: fc.array(value, { minLength: 1, maxLength: 4 }),
      std: fc.array(value, { minLength: 1, maxLength: 4 }),
      channels: fc.constantFrom(...CHANNEL_MODES),
      layout: fc.constantFrom('nchw' as const, 'nhwc' as const),
    });
    fc.assert(
      fc.property(record, (p) => {
        expect(parsePreprocess(formatPreprocess(p), base)).toEqual(p);
      }),
    );
  });
});
