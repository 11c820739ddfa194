import { expect, it } from 'vitest';
import { findClockStep } from './clock-step.ts';

it('finds the step of a clock that is read far more often than it moves', () => {
  let reads = 0;
  expect(findClockStep(() => Math.floor(reads++ / 7) * 0.125)).toBe(0.125);
});

it('takes the smallest of uneven steps', () => {
  let reads = 0;
  const steps = [0, 2, 3, 5, 6];
  expect(findClockStep(() => Math.floor(reads / 5) * 7 + steps[reads++ % 5]!)).toBe(1);
});
