import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { sampleSizes, sampleWindow } from './window-sample.ts';

describe('sampleSizes', () => {
  it.each([
    [[8, 8], 16, [4, 4]],
    [[8, 8], 64, [8, 8]],
    [[8, 8], 1000, [8, 8]],
    [[8, 2], 4, [4, 1]],
    [[32, 32], 0.5, [1, 1]],
    [[], 5, []],
  ])('of %j about %d are %j', (lengths, wanted, sizes) => {
    expect(sampleSizes(lengths, wanted)).toEqual(sizes);
  });
});

describe('sampleWindow', () => {
  const window = { axis: 2, taps: 3, reads: (tap: number, position: number) => 2 * position - 1 + tap };

  it('says what every tap reads, and where it reads padding', () => {
    const { at, reads } = sampleWindow(window, 4, 8, 4, createRandom(0));
    expect([...at]).toEqual([0, 1, 2, 3]);
    expect([...reads]).toEqual([8, 1, 3, 5, 0, 2, 4, 6, 1, 3, 5, 7]);
  });

  it('draws distinct positions, in their order, others every time', () => {
    const random = createRandom(1);
    const draws = Array.from({ length: 20 }, () => [...sampleWindow(window, 50, 100, 10, random).at]);
    for (const at of draws) {
      expect(new Set(at).size).toBe(10);
      expect(at).toEqual(at.toSorted((a, b) => a - b));
    }
    expect(new Set(draws.flat()).size).toBeGreaterThan(40);
  });
});
