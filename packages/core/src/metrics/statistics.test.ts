import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { bootstrapInterval, kendallTau, mean, median, percentile, studentQuantile } from './statistics.ts';

describe('percentile', () => {
  it('interpolates between order statistics and ignores the order given', () => {
    const values = [4, 1, 3, 2];
    expect(percentile(values, 0)).toBe(1);
    expect(percentile(values, 50)).toBe(2.5);
    expect(percentile(values, 90)).toBeCloseTo(3.7, 12);
    expect(percentile(values, 100)).toBe(4);
    expect(values).toEqual([4, 1, 3, 2]);
  });

  it('is the value itself for a single measurement, and NaN for none', () => {
    expect(percentile([7], 99)).toBe(7);
    expect(percentile([], 50)).toBeNaN();
  });
});

it('mean and median part ways when one value is far off', () => {
  expect(mean([1, 2, 3, 94])).toBe(25);
  expect(median([1, 2, 3, 94])).toBe(2.5);
});

describe('bootstrapInterval', () => {
  it('covers the true median in about 95 of 100 experiments', () => {
    const random = createRandom(1);
    const covered = Array.from({ length: 200 }, () => {
      const sample = Array.from({ length: 40 }, () => 5 + random.normal());
      const [low, high] = bootstrapInterval(sample, median, random, { resamples: 400 });
      return low <= 5 && 5 <= high;
    }).filter(Boolean).length;
    expect(covered / 200).toBeGreaterThan(0.9);
    expect(covered / 200).toBeLessThanOrEqual(0.99);
  });

  it('keeps pairs together: a common drift does not blur their ratio', () => {
    const random = createRandom(2);
    const pairs = Array.from({ length: 50 }, (_, i) => ({ a: 10 + i, b: (10 + i) * 1.5 }));
    const ratio = (draw: readonly { a: number; b: number }[]): number =>
      median(draw.map((p) => p.b)) / median(draw.map((p) => p.a));
    const [low, high] = bootstrapInterval(pairs, ratio, random);
    expect(low).toBeCloseTo(1.5, 12);
    expect(high).toBeCloseTo(1.5, 12);
    const [wideLow, wideHigh] = bootstrapInterval(pairs, (d) => median(d.map((p) => p.a)), random);
    expect(wideHigh - wideLow).toBeGreaterThan(1);
  });

  it('repeats with the same seed, and widens with the level', () => {
    const sample = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20];
    const run = (level: number) => bootstrapInterval(sample, mean, createRandom(3), { level });
    expect(run(0.95)).toEqual(run(0.95));
    expect(run(0.99)[1]).toBeGreaterThan(run(0.5)[1]);
    expect(bootstrapInterval([], mean, createRandom(3))).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('kendallTau', () => {
  it('is 1 for the same order, −1 for the opposite one, whatever the distances', () => {
    expect(kendallTau([1, 2, 3, 4], [10, 11, 500, 501])).toBe(1);
    expect(kendallTau([1, 2, 3, 4], [4, 3, 2, -9])).toBe(-1);
  });

  it('loses two pairs for each that changed places', () => {
    // One of six pairs is the other way round.
    expect(kendallTau([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(4 / 6, 12);
  });

  it('takes a pair that one holds for equal for neither', () => {
    expect(kendallTau([1, 2, 3], [1, 2, 2])).toBeCloseTo(2 / 3, 12);
  });

  it('looks only at the pairs that count', () => {
    const first = [0, 0.1, 5, 9];
    const apart = (one: number, other: number): boolean => Math.abs(first[one]! - first[other]!) > 1;
    expect(kendallTau(first, [0.1, 0, 5, 9])).toBeLessThan(1);
    expect(kendallTau(first, [0.1, 0, 5, 9], apart)).toBe(1);
    expect(kendallTau(first, [0, 0.1, 9, 5], apart)).toBeCloseTo(3 / 5, 12);
    expect(kendallTau([1], [1])).toBeNaN();
  });
});

describe('studentQuantile', () => {
  it.each([
    [0.975, 1, 12.7062],
    [0.995, 1, 63.6567],
    [0.975, 2, 4.3027],
    [0.9, 4, 1.5332],
    [0.95, 9, 1.8331],
    [0.975, 9, 2.2622],
    [0.9995, 9, 4.7809],
    [0.995, 30, 2.75],
    [0.975, 120, 1.9799],
  ])('at %d with %d degrees of freedom is %d, as in the tables', (p, degrees, value) => {
    expect(Math.abs(studentQuantile(p, degrees) - value)).toBeLessThan(1e-4);
  });

  it('is the middle of the distribution at a half', () => {
    expect(studentQuantile(0.5, 3)).toBeCloseTo(0, 9);
  });
});
