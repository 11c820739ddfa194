import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { augmentPlacement, checkAugment, drawAugment, movesPixels, NO_AUGMENT } from './augment.ts';
import { placeImage, toImageCorners, toInputCorners } from './placement.ts';

const everything = {
  crop: 4,
  flip: true,
  scale: [0.5, 1.5],
  brightness: 0.2,
  contrast: 0.3,
  saturation: 0.4,
  cutout: 8,
} as const;
const size = { width: 32, height: 24 };
const moment = { seed: 1, epoch: 2, position: 3 };

describe('drawAugment', () => {
  it('gives golden numbers', () => {
    expect(drawAugment(everything, size, moment)).toMatchInlineSnapshot(`
      {
        "brightness": 1.154952578805387,
        "contrast": 0.9840269598644227,
        "cutout": {
          "x1": 5,
          "x2": 13,
          "y1": 16,
          "y2": 24,
        },
        "flip": true,
        "saturation": 0.9176849892362953,
        "scale": 0.6386784710921347,
        "shiftX": 2.7249606824722976,
        "shiftY": -0.9211480318415282,
      }
    `);
  });

  it('depends on seed, epoch and position, each of them', () => {
    const moments = [
      moment,
      { ...moment, seed: 2 },
      { ...moment, epoch: 3 },
      { ...moment, position: 4 },
      { seed: 1, epoch: 3, position: 2 },
    ];
    const draws = moments.map((each) => JSON.stringify(drawAugment(everything, size, each)));
    expect(new Set(draws).size).toBe(moments.length);
    expect(JSON.stringify(drawAugment(everything, size, { ...moment }))).toBe(draws[0]);
  });

  it('draws the same for one operation whatever the others do', () => {
    const { brightness, shiftX, flip } = drawAugment(everything, size, moment);
    expect(drawAugment({ ...NO_AUGMENT, brightness: 0.2 }, size, moment)).toMatchObject({ brightness });
    expect(drawAugment({ ...NO_AUGMENT, flip: true }, size, moment)).toMatchObject({ flip });
    expect(drawAugment({ ...everything, brightness: 0, flip: false, cutout: 0 }, size, moment)).toMatchObject(
      { shiftX },
    );
  });

  it('draws nothing for nothing', () => {
    expect(drawAugment(NO_AUGMENT, size, moment)).toMatchObject({
      scale: 1,
      shiftX: 0,
      shiftY: 0,
      flip: false,
      brightness: 1,
      contrast: 1,
      saturation: 1,
    });
    const { cutout } = drawAugment(NO_AUGMENT, size, moment);
    expect((cutout.x2 - cutout.x1) * (cutout.y2 - cutout.y1)).toBe(0);
  });

  it('stays within what was allowed', () => {
    const seen = { flips: 0, shifts: new Set<number>() };
    fc.assert(
      fc.property(fc.nat(), fc.nat(1000), fc.nat(100_000), (seed, epoch, position) => {
        const draw = drawAugment(everything, size, { seed, epoch, position });
        expect(draw.scale).toBeGreaterThanOrEqual(0.5);
        expect(draw.scale).toBeLessThan(1.5);
        // The whole of a smaller picture, or nothing beyond a larger one, but for the crop.
        const [least, most] = [Math.min(0, 32 - 32 * draw.scale), Math.max(0, 32 - 32 * draw.scale)];
        expect(draw.shiftX).toBeGreaterThanOrEqual(least - 4);
        expect(draw.shiftX).toBeLessThanOrEqual(most + 4);
        expect(Math.abs(draw.saturation - 1)).toBeLessThanOrEqual(0.4);
        const { x1, x2, y1, y2 } = draw.cutout;
        expect([x1 >= 0, x2 <= 32, y1 >= 0, y2 <= 24, x2 - x1 <= 8, x2 - x1 >= 4]).toEqual(
          Array(6).fill(true),
        );
        seen.flips += draw.flip ? 1 : 0;
        const { shiftX } = drawAugment({ ...NO_AUGMENT, crop: 4 }, size, { seed, epoch, position });
        seen.shifts.add(shiftX);
      }),
      { numRuns: 400, seed: 1 },
    );
    expect(seen.flips).toBeGreaterThan(150);
    expect(seen.flips).toBeLessThan(250);
    expect([...seen.shifts].sort((a, b) => a - b)).toEqual([-4, -3, -2, -1, 0, 1, 2, 3, 4]);
  });
});

describe('augmentPlacement', () => {
  it('takes boxes along, and back', () => {
    const placement = placeImage(64, 32, { width: 32, height: 32, resize: 'letterbox' });
    const draw = { ...drawAugment(NO_AUGMENT, size, moment), scale: 0.5, shiftX: 10, shiftY: 2, flip: true };
    const moved = augmentPlacement(placement, draw, 32);
    const box = { x1: 8, y1: 4, x2: 24, y2: 20 };
    // On the letterbox: x 4..12, y 10..18; halved and shifted: x 12..16, y 7..11; mirrored: x 16..20.
    expect(toInputCorners(box, moved)).toEqual({ x1: 16, y1: 7, x2: 20, y2: 11 });
    expect(toImageCorners({ x1: 16, y1: 7, x2: 20, y2: 11 }, moved)).toEqual(box);
  });
});

describe('movesPixels', () => {
  it.each([
    [NO_AUGMENT, false],
    [{ ...NO_AUGMENT, brightness: 0.5, cutout: 4 }, false],
    [{ ...NO_AUGMENT, crop: 1 }, true],
    [{ ...NO_AUGMENT, flip: true }, true],
    [{ ...NO_AUGMENT, scale: [1, 1.1] as const }, true],
  ])('case %#', (augment, moves) => {
    expect(movesPixels(augment)).toBe(moves);
  });
});

describe('checkAugment', () => {
  it('refuses what the pictures are too small for', () => {
    checkAugment(everything, size);
    expect(() => checkAugment({ ...NO_AUGMENT, cutout: 24 }, size)).toThrow(
      expect.objectContaining({
        kind: 'usage',
        code: 'augment.bad-value',
        message: "Augmentation 'cutout=24' is too large for pictures of 32x24.",
      }),
    );
  });
});
