import { describe, expect, it } from 'vitest';
import { measureDrop, worstDrop } from './drop-budget.ts';

const before = { value: 0.8, groups: [0.9, 0.8, 0.7] };
/** Losses 0.1, 0 and 0.1: mean 1/15, standard deviation 1/√300, error 1/30. */
const after = { value: 0.73, groups: [0.8, 0.8, 0.6] };

describe('measureDrop', () => {
  it('takes the drop from the whole and its interval from the spread of the groups', () => {
    const drop = measureDrop(before, after, true);
    expect(drop.value).toBeCloseTo(0.07, 12);
    expect(drop.error).toBeCloseTo(1 / 30, 12);
    expect(drop.degrees).toBe(2);
    expect(drop.interval![0]).toBeCloseTo(0.07 - 4.302653 / 30, 6);
    expect(drop.interval![1]).toBeCloseTo(0.07 + 4.302653 / 30, 6);
  });

  it('is positive where an error has grown', () => {
    expect(measureDrop(after, before, false).value).toBeCloseTo(0.07, 12);
    expect(measureDrop(before, after, false).value).toBeCloseTo(-0.07, 12);
  });

  it('pairs the groups: what both models find hard says nothing of the drop', () => {
    const even = { value: 0.7, groups: before.groups.map((value) => value - 0.1) };
    expect(measureDrop(before, even, true).error).toBeCloseTo(0, 12);
  });

  it('has no interval for one group, or where a group has no number', () => {
    const one = measureDrop({ value: 0.8, groups: [0.8] }, { value: 0.6, groups: [0.6] }, true);
    expect(one).toMatchObject({ interval: null, error: null });
    expect(one.value).toBeCloseTo(0.2, 12);
    const blind = { value: 0.7, groups: [0.8, Number.NaN, 0.6] };
    expect(measureDrop(before, blind, true)).toMatchObject({ interval: null, error: null });
  });
});

describe('worstDrop', () => {
  it('adds a margin that grows with the confidence', () => {
    const drop = measureDrop(before, after, true);
    expect(worstDrop(drop, 0.5)).toBeCloseTo(0.07, 9);
    expect(worstDrop(drop, 0.95)).toBeCloseTo(0.07 + 2.919986 / 30, 6);
    expect(worstDrop(drop, 0.99)).toBeCloseTo(0.07 + 6.964557 / 30, 6);
  });

  it('is the drop itself where nothing is known of its error', () => {
    expect(worstDrop({ value: 0.2, interval: null, error: null, degrees: 0 }, 0.95)).toBe(0.2);
  });
});
