import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { drawDesigns } from './draw-designs.ts';

describe('drawDesigns', () => {
  const lengths = [5, 1, 8];

  it('begins with the whole model, the middle and the narrowest', () => {
    expect(drawDesigns(lengths, 3, createRandom(1))).toEqual([
      [0, 0, 0],
      [2, 0, 4],
      [4, 0, 7],
    ]);
  });

  it('goes on with mixtures that reach every level of every menu', () => {
    const mixtures = drawDesigns(lengths, 203, createRandom(1)).slice(3);
    expect(mixtures).toHaveLength(200);
    for (const [menu, length] of lengths.entries()) {
      const levels = new Set(mixtures.map((levels) => levels[menu]!));
      expect([...levels].sort()).toEqual(Array.from({ length }, (_, level) => level));
    }
  });

  it('draws the same from the same seed', () => {
    const draw = (seed: number) => drawDesigns(lengths, 9, createRandom(seed));
    expect(draw(4)).toEqual(draw(4));
    expect(draw(4)).not.toEqual(draw(5));
  });
});
