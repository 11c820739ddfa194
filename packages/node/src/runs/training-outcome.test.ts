import { expect, it } from 'vitest';
import type { TrainingEvent } from '../training/training-events.ts';
import { advanceTraining, NO_TRAINING } from './training-outcome.ts';

const started = (from: number): TrainingEvent => ({
  ...{ type: 'training.started', steps: 40, stepsPerEpoch: 10, from },
  ...{ batch: 16, parameters: 100, restoredNorms: 0 },
});
const evaluated = (step: number, value: number, best = true): TrainingEvent => ({
  ...{ type: 'training.evaluated', step, best, name: 'top1', value },
  ...{ higherIsBetter: true, metrics: { top1: value } },
});
const stepped = (step: number): TrainingEvent => ({
  ...{ type: 'training.step', step, epoch: step / 10, loss: 1, gradientNorm: 1, rate: 0.1 },
  ...{ progress: step / 40, samplesPerSecond: 1, secondsLeft: 1 },
});
const note: TrainingEvent = { type: 'training.note', text: 'It was guessed.' };
const outcomeOf = (...events: readonly TrainingEvent[]) => events.reduce(advanceTraining, NO_TRAINING);
const valuesOf = (outcome: typeof NO_TRAINING) => outcome.evaluations.map(({ step, value }) => [step, value]);

it('tells how far it has come and what was found on the way', () => {
  const outcome = outcomeOf(note, started(0), evaluated(0, 0.5), stepped(1), stepped(10), evaluated(10, 0.6));
  expect(outcome).toMatchObject({
    ...{ steps: 10, planned: 40, epochs: 1, batch: 16, parameters: 100 },
    ...{ rollbacks: 0, notes: ['It was guessed.'], stopped: undefined },
  });
  expect(valuesOf(outcome)).toEqual([
    [0, 0.5],
    [10, 0.6],
  ]);
  expect(advanceTraining(outcome, { type: 'training.stopped', step: 10, reason: 'time' }).stopped).toBe(
    'time',
  );
});

it('counts what was done again after a kill once', () => {
  const before = [note, started(0), evaluated(0, 0.5), evaluated(10, 0.6), stepped(18), evaluated(20, 0.7)];
  const outcome = outcomeOf(...before, note, started(10), stepped(11), evaluated(20, 0.8));
  expect(valuesOf(outcome)).toEqual([
    [0, 0.5],
    [10, 0.6],
    [20, 0.8],
  ]);
  expect([outcome.steps, outcome.notes]).toEqual([11, ['It was guessed.']]);
});

it('is no longer at its end when it goes on', () => {
  const outcome = outcomeOf(
    started(0),
    { type: 'training.stopped', step: 3, reason: 'interrupted' },
    started(3),
  );
  expect(outcome).toMatchObject({ steps: 3, epochs: 0.3, stopped: undefined });
});

it('forgets what a rollback undoes', () => {
  const back = { rateFactor: 0.5, reason: 'the loss exploded' };
  const outcome = outcomeOf(...[started(0), evaluated(0, 0.5), evaluated(10, 0.6), stepped(12)], {
    type: 'training.rolled-back',
    step: 12,
    to: 5,
    ...back,
  });
  expect(valuesOf(outcome)).toEqual([[0, 0.5]]);
  expect([outcome.steps, outcome.rollbacks]).toEqual([5, 1]);
});
