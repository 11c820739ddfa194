import { expect, it } from 'vitest';
import { judgePace, judgeSpeed } from './judge-speed.ts';

function estimate(value: number, spread = 1.05) {
  return { value, interval: [value / spread, value * spread] as [number, number] };
}

it.each([
  // 60 % of the MACs promise 1.67x, so half of the gain is 1.33x.
  [0.6, estimate(1.4), 'as promised'],
  [0.6, estimate(1.3), 'far below'],
  [0.6, estimate(0.9), 'far below'],
  // Of a small gain nothing can be said where noise is as large.
  [0.95, estimate(1.01, 1.06), 'as promised'],
  [0.95, estimate(0.9, 1.06), 'far below'],
  [0.6, estimate(1.3, 3), 'unclear'],
  [0.6, { value: 1, interval: [Number.NaN, Number.NaN] as [number, number] }, 'unclear'],
] as const)('at %f of the MACs %j is %s', (macs, speedup, verdict) => {
  expect(judgeSpeed(macs, { ...speedup, interval: [...speedup.interval] })).toBe(verdict);
});

it.each([
  [1.01, 1.3, 'not slower'],
  // A device without noise may say that both take as long.
  [1, 1, 'not slower'],
  [0.999, 1.3, 'undecided'],
  [0.9, 1, 'undecided'],
  [0.9, 0.999, 'slower'],
  [Number.NaN, Number.NaN, 'undecided'],
])('from %f to %f times as fast is %s', (low, high, pace) => {
  expect(judgePace({ value: 1, interval: [low, high] })).toBe(pace);
});
