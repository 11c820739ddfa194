import { describe, expect, it } from 'vitest';
import { type ClassTable, findWorstClass, listUnjudged } from './class-floor.ts';

const reading = (samples: number, value: number, ...groups: readonly (number | null)[]) => ({
  samples,
  value,
  groups,
});

const before: ClassTable = {
  steady: reading(40, 0.9, 0.9, 0.9, 0.9),
  shaky: reading(40, 0.8, 0.9, 0.8, 0.7),
  rare: reading(19, 1, 1, 1, 1),
  gathered: reading(20, 0.9, null, 0.9, null),
};
const after: ClassTable = {
  steady: reading(40, 0.82, 0.82, 0.82, 0.82),
  shaky: reading(40, 0.73, 0.8, 0.8, 0.6),
  rare: reading(19, 0, 0, 0, 0),
  gathered: reading(20, 0.75, null, 0.75, null),
};
const only = (table: ClassTable, ...names: readonly string[]): ClassTable =>
  Object.fromEntries(names.map((name) => [name, table[name]!]));

it('lists the classes with fewer than 20 samples', () => {
  expect(listUnjudged(before)).toEqual(['rare']);
});

describe('findWorstClass', () => {
  it('weighs each drop with its own uncertainty', () => {
    // At half confidence the drops alone count, at more the scattered one is worse.
    const pair = [only(before, 'steady', 'shaky'), only(after, 'steady', 'shaky')] as const;
    expect(findWorstClass(...pair, 0.5)).toMatchObject({ name: 'steady', samples: 40 });
    const sure = findWorstClass(...pair, 0.9)!;
    expect(sure.name).toBe('shaky');
    expect(sure.drop).toBeCloseTo(0.07, 12);
    // Losses of 0.1, 0 and 0.1 in three groups: the error is 1/30, Student's quantile at 90 % 1.8856.
    expect(sure.worst).toBeCloseTo(0.07 + 1.885618 / 30, 6);
    expect(sure.interval![1]).toBeCloseTo(0.07 + 4.302653 / 30, 6);
  });

  it('takes the drop as it is where one group has all samples of a class', () => {
    const worst = findWorstClass(only(before, 'gathered'), only(after, 'gathered'), 0.9)!;
    expect(worst).toMatchObject({ name: 'gathered', interval: null });
    expect(worst.worst).toBeCloseTo(0.15, 12);
    expect(worst.worst).toBe(worst.drop);
  });

  it('leaves rare classes alone', () => {
    expect(findWorstClass(only(before, 'rare'), only(after, 'rare'), 0.9)).toBeUndefined();
    expect(findWorstClass(before, after, 0.9)!.name).not.toBe('rare');
  });

  it('is negative where every class has gained', () => {
    expect(findWorstClass(only(after, 'steady'), only(before, 'steady'), 0.9)!.worst).toBeCloseTo(-0.08, 12);
  });
});
