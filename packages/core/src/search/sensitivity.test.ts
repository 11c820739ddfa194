import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupName, qualityOf } from './sensitivity.ts';

it('groupName tells the groups of one root apart', () => {
  expect(groupName({ root: '/conv', part: 0 })).toBe('/conv');
  expect(groupName({ root: '/conv', part: 2 })).toBe('/conv#2');
});

describe('qualityOf', () => {
  it('is the metric itself where more is better, and never negative', () => {
    expect(qualityOf(0.83, true)).toBe(0.83);
    expect(qualityOf(-3, true)).toBe(0);
  });

  it('is 1 for no error, and falls towards 0', () => {
    expect(qualityOf(0, false)).toBe(1);
    expect(qualityOf(3, false)).toBe(0.25);
    expect(qualityOf(-1, false)).toBe(1);
  });

  it('orders as the metric does, whichever way is better', () => {
    const value = fc.integer({ min: 0, max: 1_000_000 }).map((steps) => steps / 1000);
    fc.assert(
      fc.property(value, value, fc.boolean(), (a, b, higher) => {
        const gap = qualityOf(a, higher) - qualityOf(b, higher);
        expect(Math.sign(gap)).toBe(Math.sign(higher ? a - b : b - a));
      }),
    );
  });
});
