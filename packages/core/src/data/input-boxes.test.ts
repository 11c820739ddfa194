import { describe, expect, it } from 'vitest';
import { boxesOnInput } from './input-boxes.ts';
import { placeImage } from './placement.ts';

const size = { width: 100, height: 100 };
const placement = placeImage(200, 100, { ...size, resize: 'letterbox' });

describe('boxesOnInput', () => {
  it('maps boxes through the placement and keeps what belongs to them', () => {
    const box = { classIndex: 3, x1: 20, y1: 10, x2: 60, y2: 50, crowd: true };
    expect(boxesOnInput([box], placement, size)).toEqual([{ ...box, x1: 10, y1: 30, x2: 30, y2: 50 }]);
  });

  it('clips, and drops what is hardly visible or tiny', () => {
    const right = { ...placement, padX: 80 };
    const half = { classIndex: 0, x1: 0, y1: 0, x2: 80, y2: 40 };
    const hardly = { ...half, x1: 36, x2: 200 };
    const gone = { ...half, x1: 100, x2: 140 };
    const tiny = { ...half, x2: 3 };
    expect(boxesOnInput([half, hardly, gone, tiny], right, size)).toEqual([
      { classIndex: 0, x1: 80, y1: 25, x2: 100, y2: 45 },
    ]);
  });
});
