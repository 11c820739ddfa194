import { describe, expect, it } from 'vitest';
import { countSteps, epochOrder } from './epoch-order.ts';

describe('epochOrder', () => {
  it('is a permutation that seed and epoch decide', () => {
    const order = epochOrder(100, 1, 0);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(epochOrder(100, 1, 0)).toEqual(order);
    expect(epochOrder(100, 1, 1)).not.toEqual(order);
    expect(epochOrder(100, 2, 0)).not.toEqual(order);
  });

  it('gives golden numbers', () => {
    expect([...epochOrder(8, 7, 3)]).toMatchInlineSnapshot(`
      [
        0,
        1,
        3,
        5,
        6,
        2,
        4,
        7,
      ]
    `);
  });

  it('brings every position to every place equally often', () => {
    const counts = new Uint32Array(25);
    for (let epoch = 0; epoch < 2000; epoch++) {
      for (const [place, position] of epochOrder(5, 9, epoch).entries()) counts[place * 5 + position]!++;
    }
    // 400 expected, standard deviation 18.
    expect(Math.min(...counts)).toBeGreaterThan(320);
    expect(Math.max(...counts)).toBeLessThan(480);
  });

  it('is empty for an empty set', () => {
    expect(epochOrder(0, 1, 1)).toEqual(new Uint32Array(0));
  });
});

describe('countSteps', () => {
  it('drops the incomplete batch', () => {
    expect([countSteps(10, 3, 'set'), countSteps(9, 3, 'set'), countSteps(3, 3, 'set')]).toEqual([3, 3, 1]);
  });

  it('names both numbers when not even one batch is full', () => {
    expect(() => countSteps(10, 16, 'set')).toThrow(
      expect.objectContaining({
        kind: 'data',
        code: 'data.too-few',
        message: "'set' has 10 samples, fewer than one batch of 16.",
        hint: expect.stringContaining('at most 10'),
      }),
    );
  });
});
