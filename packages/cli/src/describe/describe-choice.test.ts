import { type Candidate, decide } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { type ChoiceFacts, describeFormula, describeRule, remarkOnPick } from './describe-choice.ts';

const facts: ChoiceFacts = {
  weights: { accuracy: 1, latency: 1, size: 0, memory: 0 },
  ...{ rule: 'fastest', maxDrop: 0.01, confidence: 0.9, metric: 'top1', devices: ['this machine'] },
};

it('tells the rule', () => {
  expect(describeRule(facts)).toBe('the fastest that loses at most 0.01 of top1 at 90.0 % confidence');
  expect(describeRule({ ...facts, metric: null })).toBe('the fastest');
  expect(describeRule({ ...facts, rule: 'weighted' })).toBe('the highest score');
  expect(describeRule({ ...facts, rule: 'knee' })).toMatch(
    /^the knee of the Pareto set: the least weighted sum/,
  );
});

it('tells the formula with the powers that count', () => {
  expect(describeFormula(facts)).toBe('(2^(-drop / 0.01))^0.5 x speed-up^0.5');
  const weights = { accuracy: 0, latency: 2, size: 0.5, memory: 0.5 };
  expect(describeFormula({ ...facts, weights, devices: ['a', 'b'] })).toBe(
    '(geometric mean of the speed-ups)^0.667 x (original size / size)^0.167 x (original memory / memory)^0.167',
  );
  const onlyAccuracy = { accuracy: 3, latency: 0, size: 0, memory: 0 };
  expect(describeFormula({ ...facts, weights: onlyAccuracy, maxDrop: 0 })).toBe('(0 where there is a drop)');
});

describe('remarkOnPick', () => {
  const candidate = (name: string, drop: number, ...speedups: readonly number[]): Candidate => ({
    name,
    drop: { value: drop, interval: null, worst: drop },
    speedups: speedups.map((value) => ({ value, interval: [value - 0.05, value + 0.05] })),
    ...{ bytes: 1, memoryBytes: 1 },
  });
  const remarksOn = (...candidates: readonly Candidate[]) =>
    remarkOnPick(candidates, decide(candidates, facts), { ...facts, devices: ['here', 'a phone'] });
  const original = candidate('original', 0, 1, 1);

  it('has nothing to say of a pick that is faster everywhere, beyond doubt', () => {
    expect(remarksOn(original, candidate('a', 0.001, 1.5, 1.4), candidate('b', 0.002, 1.7, 1.7))).toEqual([]);
  });

  it('names what is as fast and loses less, and where the pick is slower', () => {
    expect(remarksOn(original, candidate('a', 0.001, 2, 0.85), candidate('b', 0.002, 2.01, 0.9))).toEqual([
      'On a phone b is slower than the original: 0.90x as fast.',
      'As far as the measurement can tell a is as fast, and loses less.',
    ]);
  });

  it('says when the original is picked', () => {
    expect(remarksOn(original, candidate('a', 0.5, 2, 2))).toEqual([
      'By this rule nothing is better than the original.',
    ]);
  });
});
