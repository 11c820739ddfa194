import { expect, it } from 'vitest';
import { type Candidate, type DecisionWeights, gainsOf, meanSpeedup, scoreOf } from './score.ts';

const sure = (value: number) => ({ value, interval: null });
const original: Candidate = {
  name: 'original',
  drop: { ...sure(0), worst: 0 },
  speedups: [sure(1), sure(1)],
  bytes: 800,
  memoryBytes: 3000,
};
const small: Candidate = {
  name: 'small',
  drop: { ...sure(0.02), worst: 0.03 },
  speedups: [sure(2), sure(8)],
  bytes: 100,
  memoryBytes: 1000,
};
const weigh = (weights: Partial<DecisionWeights>): DecisionWeights => ({
  ...{ accuracy: 0, latency: 0, size: 0, memory: 0 },
  ...weights,
});

it('tells gains as factors over the original', () => {
  const { latency, ...gains } = gainsOf(small, original, 0.01);
  expect(gains).toEqual({ accuracy: 1 / 4, size: 8, memory: 3 });
  expect(latency).toBeCloseTo(4, 12);
  expect(gainsOf(original, original, 0.01)).toEqual({ accuracy: 1, latency: 1, size: 1, memory: 1 });
});

it('takes every device for as much as the others, and no device for no gain', () => {
  expect(meanSpeedup({ speedups: [sure(0.5), sure(2)] })).toBeCloseTo(1, 12);
  expect(meanSpeedup({ speedups: [] })).toBe(1);
});

it.each([
  [0.02, 0.02, 1 / 2],
  [-0.02, 0.02, 2],
  [0.02, 0, 0],
  [-0.02, 0, 1],
  [0, 0, 1],
])('takes a drop of %d where %d is allowed for %d', (value, maxDrop, gain) => {
  const changed = { ...small, drop: { value, interval: null, worst: value } };
  expect(gainsOf(changed, original, maxDrop).accuracy).toBe(gain);
});

it('knows no gain or loss in what was not judged', () => {
  const { drop: _, ...unjudged } = small;
  expect(gainsOf(unjudged, original, 0.01).accuracy).toBe(1);
});

it('weighs gains by a geometric mean, whatever the weights add up to', () => {
  const gains = { accuracy: 1 / 4, latency: 4, size: 8, memory: 3 };
  expect(scoreOf(gains, weigh({ accuracy: 1, latency: 1 }))).toBeCloseTo(1, 12);
  expect(scoreOf(gains, weigh({ accuracy: 1, latency: 3 }))).toBeCloseTo(2, 12);
  expect(scoreOf(gains, weigh({ accuracy: 10, latency: 30 }))).toBeCloseTo(2, 12);
  expect(scoreOf(gains, weigh({ size: 0.5 }))).toBeCloseTo(8, 12);
});
