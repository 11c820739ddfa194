import { expect, it } from 'vitest';
import { spreadSteps } from './measure.ts';

const steps = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

it.each([
  [0, 3, []],
  [3, 3, [1, 2, 3]],
  [4, 3, [2, 4]],
  [7, 3, [1, 4, 7]],
  [30, 12, [3, 6, 9, 12, 15, 18, 21, 24, 27, 30]],
])('of %d steps measures at most %d, the last one among them', (count, most, chosen) => {
  expect(spreadSteps(steps(count), most)).toEqual(chosen);
});
