import { describe, expect, it } from 'vitest';
import { averageDecayAt, rateAt } from './schedule.ts';

describe('rateAt', () => {
  const schedule = { peak: 0.2, warmUp: 0.1, floor: 0.05 };
  const rates = Array.from({ length: 101 }, (_, i) => rateAt(schedule, i / 100, i + 1));

  it.each([
    ['begins just above zero', 0, 0.2 * 1e-3],
    ['climbs in a line', 5, 0.1],
    ['reaches the peak at the end of the warm-up', 10, 0.2],
    ['is half way down half way on', 55, 0.2 * (0.05 + 0.95 / 2)],
    ['ends at the floor', 100, 0.2 * 0.05],
  ])('%s', (_, percent, rate) => {
    expect(rates[percent]).toBeCloseTo(rate, 12);
  });

  it('climbs to the peak, then only falls', () => {
    const pairs = rates.slice(1).map((rate, i) => rate - rates[i]!);
    expect(pairs.slice(0, 10).every((change) => change > 0)).toBe(true);
    expect(pairs.slice(10).every((change) => change < 0)).toBe(true);
  });

  it('stays at the floor beyond the end, and starts at the peak without a warm-up', () => {
    expect(rateAt(schedule, 1.5, 200)).toBe(rateAt(schedule, 1, 100));
    expect(rateAt({ peak: 3, warmUp: 0 }, 0, 1)).toBe(3);
  });

  it('has a default warm-up of 5 % and a default floor of 1 %', () => {
    expect(rateAt({ peak: 1 }, 0.025, 2)).toBeCloseTo(0.5, 12);
    expect(rateAt({ peak: 1 }, 0.05, 2)).toBeCloseTo(1, 12);
    expect(rateAt({ peak: 1 }, 1, 2)).toBeCloseTo(0.01, 12);
  });
});

describe('averageDecayAt', () => {
  it('remembers little at first, never more than the limit', () => {
    expect(averageDecayAt(1)).toBeCloseTo(0.1, 12);
    const decays = [1, 2, 5, 20, 100, 891].map((step) => averageDecayAt(step));
    expect(decays).toEqual([...decays].sort((a, b) => a - b));
    expect(averageDecayAt(1e6)).toBe(0.99);
    expect(averageDecayAt(1e6, 0.5)).toBe(0.5);
    expect(averageDecayAt(1e6, 0)).toBe(0);
  });
});
