import { describe, expect, it } from 'vitest';
import { toGrey } from './image.ts';

describe('toGrey', () => {
  it('weighs red, green and blue as BT.601 does', () => {
    const data = Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 7, 7, 7]);
    const grey = toGrey({ width: 2, height: 2, channels: 3, order: 'hwc', data });
    expect(grey).toMatchObject({ channels: 1, width: 2, height: 2 });
    expect([...grey.data]).toEqual([76, 150, 29, 7]);
  });

  it('reads planes as well as interleaved values', () => {
    const data = Uint8Array.from([255, 0, 0, 255, 0, 0]);
    expect([...toGrey({ width: 2, height: 1, channels: 3, order: 'chw', data }).data]).toEqual([76, 150]);
  });

  it('hands back a grey image untouched', () => {
    const image = { width: 1, height: 1, channels: 1, order: 'hwc', data: Uint8Array.of(9) } as const;
    expect(toGrey(image)).toBe(image);
  });
});
