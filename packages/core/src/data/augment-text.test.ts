import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_AUGMENT } from './augment.ts';
import { formatAugment, parseAugment } from './augment-text.ts';

const all = {
  crop: 4,
  flip: true,
  scale: [0.5, 1.5],
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.2,
  cutout: 8,
};

describe('parseAugment', () => {
  it('reads text', () => {
    expect(parseAugment('crop=4,flip,jitter=0.2,cutout=8,scale=0.5..1.5')).toEqual(all);
    expect(parseAugment(' crop=4  flip ')).toEqual({ ...NO_AUGMENT, crop: 4, flip: true });
    expect(parseAugment('jitter=.4,saturation=0')).toEqual({ ...NO_AUGMENT, brightness: 0.4, contrast: 0.4 });
    expect(parseAugment('none')).toEqual(NO_AUGMENT);
    expect(parseAugment('')).toEqual(NO_AUGMENT);
  });

  it('reads the object of a YAML file', () => {
    const source = { crop: 4, flip: true, jitter: 0.2, cutout: '8', scale: [0.5, 1.5] };
    expect(parseAugment(source)).toEqual(all);
    expect(parseAugment({ flip: false })).toEqual(NO_AUGMENT);
  });

  it.each([
    ['crop=-1', 'crop'],
    ['crop=1.5', 'crop'],
    ['crop', 'crop'],
    ['flip=maybe', 'flip'],
    ['jitter=1.1', 'jitter'],
    ['contrast=a', 'contrast'],
    ['cutout=', 'cutout'],
    ['scale=2', 'scale'],
    ['scale=1.5..0.5', 'scale'],
    ['scale=0..1', 'scale'],
    ['scale=1..2..3', 'scale'],
  ])('refuses %s', (text, key) => {
    expect(() => parseAugment(text)).toThrow(
      expect.objectContaining({
        kind: 'usage',
        code: 'augment.bad-value',
        message: expect.stringContaining(`'${key}'`),
      }),
    );
  });

  it('names what it does not know, and what may have been meant', () => {
    expect(() => parseAugment('crop=4,flp')).toThrow(
      expect.objectContaining({
        kind: 'usage',
        code: 'augment.unknown-key',
        message: "Augmentation has no key 'flp'.",
        hint: "Did you mean 'flip'?",
      }),
    );
    expect(() => parseAugment({ constructor: 1 })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('scale=LEAST..MOST') }),
    );
    expect(() => parseAugment('none,flip')).toThrow(
      expect.objectContaining({ message: expect.stringContaining("'none'") }),
    );
  });
});

describe('formatAugment', () => {
  it('prints one line', () => {
    expect(formatAugment(parseAugment('scale=1..2,jitter=.1,flip'))).toBe('flip,jitter=0.1,scale=1..2');
    expect(formatAugment(parseAugment('brightness=.1'))).toBe('brightness=0.1');
    expect(formatAugment(NO_AUGMENT)).toBe('none');
  });

  it('is read back to the same record', () => {
    const pixels = fc.integer({ min: 0, max: 64 });
    const deviation = fc.double({ min: 0, max: 1, noNaN: true });
    const factor = fc.double({ min: 0.1, max: 10, noNaN: true });
    const record = fc.record({
      crop: pixels,
      flip: fc.boolean(),
      scale: fc.tuple(factor, factor).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
      brightness: deviation,
      contrast: deviation,
      saturation: deviation,
      cutout: pixels,
    });
    fc.assert(
      fc.property(record, (augment) => {
        expect(parseAugment(formatAugment(augment))).toEqual(augment);
      }),
    );
  });
});
