import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlacementTarget, placeImage, RESIZE_MODES, toImageCorners } from './placement.ts';

const target = (resize: PlacementTarget['resize'], shortSide?: number): PlacementTarget => ({
  width: 64,
  height: 32,
  resize,
  ...(shortSide === undefined ? {} : { shortSide }),
});

describe('placeImage', () => {
  it.each([
    ['stretch', { scaleX: 0.64, scaleY: 0.64, padX: 0, padY: 0, resizedWidth: 64, resizedHeight: 32 }],
    ['fit-crop', { padX: 0, padY: 0, resizedWidth: 64, resizedHeight: 32 }],
  ] as const)('%s of an image with the same proportions', (mode, expected) => {
    expect(placeImage(100, 50, target(mode))).toMatchObject(expected);
  });

  it('centres a letterbox and puts the spare row below', () => {
    expect(placeImage(64, 15, target('letterbox'))).toMatchObject({
      padX: 0,
      padY: 8,
      scaleX: 1,
      resizedHeight: 15,
    });
    expect(placeImage(50, 50, target('letterbox'))).toMatchObject({ padX: 16, padY: 0, resizedWidth: 32 });
  });

  it('leaves a top-left letterbox at the corner', () => {
    expect(placeImage(50, 50, target('letterbox-topleft'))).toMatchObject({ padX: 0, padY: 0, scaleX: 0.64 });
  });

  it('rounds a centred letterbox to the nearest pixel and a top-left one down', () => {
    expect(placeImage(97, 61, target('letterbox')).resizedWidth).toBe(51);
    expect(placeImage(97, 61, target('letterbox-topleft')).resizedWidth).toBe(50);
  });

  it('crops the centre after resizing the short side', () => {
    const placement = placeImage(200, 100, target('fit-crop', 72));
    expect(placement).toMatchObject({ resizedWidth: 144, resizedHeight: 72, padX: -40, padY: -20 });
  });

  it('refuses another size when it must not resize', () => {
    expect(placeImage(64, 32, target('none'))).toMatchObject({ scaleX: 1, scaleY: 1, padX: 0, padY: 0 });
    expect(() => placeImage(60, 32, target('none'))).toThrow(
      expect.objectContaining({ code: 'data.wrong-size', message: expect.stringContaining('60x32') }),
    );
  });

  it('always covers the input with crops and never exceeds it with letterboxes', () => {
    const side = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const crop = placeImage(width, height, target('fit-crop'));
        expect(crop.resizedWidth >= 64 && crop.resizedHeight >= 32).toBe(true);
        const box = placeImage(width, height, target('letterbox'));
        expect(box.resizedWidth <= 64 && box.resizedHeight <= 32).toBe(true);
        expect(box.resizedWidth >= 1 && box.resizedHeight >= 1).toBe(true);
      }),
    );
  });
});

describe('toImageCorners', () => {
  it('is the inverse of the placement, in every mode', () => {
    const coordinate = fc.integer({ min: 0, max: 30 });
    const modes = fc.constantFrom(...RESIZE_MODES.filter((mode) => mode !== 'none'));
    fc.assert(
      fc.property(coordinate, coordinate, modes, (x, y, mode) => {
        const placement = placeImage(30, 47, target(mode));
        const { scaleX, scaleY, padX, padY } = placement;
        const box = { x1: x, y1: y, x2: 30, y2: 47 };
        const onInput = {
          x1: x * scaleX + padX,
          y1: y * scaleY + padY,
          x2: 30 * scaleX + padX,
          y2: 47 * scaleY + padY,
        };
        const back = toImageCorners(onInput, placement);
        for (const key of ['x1', 'y1', 'x2', 'y2'] as const) expect(back[key]).toBeCloseTo(box[key], 9);
      }),
    );
  });

  it('clips to the image', () => {
    const placement = placeImage(64, 32, target('none'));
    expect(toImageCorners({ x1: -5, y1: -1, x2: 90, y2: 40 }, placement)).toEqual({
      x1: 0,
      y1: 0,
      x2: 64,
      y2: 32,
    });
  });
});
