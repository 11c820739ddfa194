import { describe, expect, it } from 'vitest';
import type { Evaluation } from './training-events.ts';
import {
  acceptEvaluation,
  acceptStep,
  findTrouble,
  fromCheckpoint,
  initialState,
  rescaleSteps,
  rollBack,
  toCheckpoint,
} from './training-state.ts';

const vectors = (value: number) => ({
  weights: Float32Array.of(value),
  average: Float32Array.of(value / 2),
  momentum: Float32Array.of(value / 4),
});
const step = (loss: number, gradientNorm = 1) => ({ loss, gradientNorm, vectors: vectors(loss) });
const evaluation = (value: number, higherIsBetter = true): Evaluation => ({
  name: 'top1',
  value,
  higherIsBetter,
  metrics: { top1: value },
});

describe('findTrouble', () => {
  it('distrusts what is no number and what jumps', () => {
    const state = initialState(vectors(0));
    expect(findTrouble(state, step(100))).toBeUndefined();
    expect(findTrouble(state, step(Number.NaN))).toBe('the loss is NaN');
    expect(findTrouble(state, step(1, Number.POSITIVE_INFINITY))).toBe(
      'the norm of the gradient is Infinity',
    );
    acceptStep(state, step(2));
    expect(findTrouble(state, step(8.9))).toBeUndefined();
    expect(findTrouble(state, step(9.1))).toBe('the loss jumped from about 2.00 to 9.10');
  });
});

describe('checkpoints', () => {
  it('hold everything, and of the best state what a model is made from', () => {
    const state = initialState(vectors(1));
    acceptEvaluation(state, evaluation(0.5));
    acceptStep(state, step(2));
    const checkpoint = toCheckpoint(state, 16);
    expect(Object.keys(checkpoint.vectors)).toEqual(['weights', 'average', 'momentum', 'best.average']);
    const back = fromCheckpoint(checkpoint);
    expect(back).toMatchObject({ step: 1, evaluatedStep: 0, before: evaluation(0.5), smoothedLoss: 2 });
    expect(back.vectors).toEqual(vectors(2));
    expect(back.best).toEqual({
      step: 0,
      evaluation: evaluation(0.5),
      vectors: { average: Float32Array.of(0.5) },
    });
  });

  it('go on at the same place of the data with smaller batches', () => {
    const state = initialState(vectors(1));
    for (let i = 0; i < 10; i++) acceptStep(state, step(1));
    acceptEvaluation(state, evaluation(1));
    expect(rescaleSteps(toCheckpoint(state, 16), 8)).toMatchObject({
      batch: 8,
      step: 20,
      evaluatedStep: 20,
      best: { step: 20 },
    });
  });
});

describe('acceptEvaluation', () => {
  it('keeps the best and counts what came after it', () => {
    const state = initialState(vectors(1));
    expect(acceptEvaluation(state, evaluation(Number.NaN))).toBe(true);
    expect(acceptEvaluation(state, evaluation(0.5))).toBe(true);
    expect(acceptEvaluation(state, evaluation(0.5))).toBe(false);
    expect(acceptEvaluation(state, evaluation(Number.NaN))).toBe(false);
    expect(state.evaluationsWithoutProgress).toBe(2);
    expect(state.before!.value).toBeNaN();
  });

  it('takes less for better where it is', () => {
    const state = initialState(vectors(1));
    acceptEvaluation(state, evaluation(3, false));
    expect(acceptEvaluation(state, evaluation(4, false))).toBe(false);
    expect(acceptEvaluation(state, evaluation(2, false))).toBe(true);
  });
});

describe('rollBack', () => {
  it('returns to the sound state with half the rate, and keeps the best', () => {
    const state = initialState(vectors(1));
    const good = toCheckpoint(state, 16);
    acceptStep(state, step(5));
    acceptEvaluation(state, evaluation(0.5));
    expect(rollBack(state, good, 'the loss is NaN')).toEqual({
      type: 'training.rolled-back',
      step: 1,
      to: 0,
      rateFactor: 0.5,
      reason: 'the loss is NaN',
    });
    expect(state).toMatchObject({ step: 0, rollbacks: 1, evaluatedStep: -1, best: { step: 1 } });
    expect(state.vectors).toEqual(vectors(1));
  });

  it('gives up in the end', () => {
    const state = initialState(vectors(1));
    const good = toCheckpoint(state, 16);
    for (let i = 0; i < 5; i++) rollBack(state, good, 'the loss is NaN');
    expect(state.rateFactor).toBe(1 / 32);
    expect(() => rollBack(state, good, 'the loss is NaN')).toThrow(
      expect.objectContaining({
        code: 'train.diverged',
        message: 'The training diverged 6 times, the last time at step 1: the loss is NaN.',
      }),
    );
  });
});
