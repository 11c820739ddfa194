// What a training remembers between its steps: all of it goes into a checkpoint and comes out of one.
import { EspalierError } from '@espalier/core';
import type { Checkpoint } from './checkpoint.ts';
import type { Evaluation, TrainingEvent } from './training-events.ts';
import type { StepResult, TrainingVectors } from './training-session.ts';

/** A training's memory. */
export interface TrainingState {
  /** Steps done, and seconds spent. */
  step: number;
  seconds: number;
  vectors: TrainingVectors;
  /** What rollbacks left of the learning rate, 0 to 1. */
  rateFactor: number;
  rollbacks: number;
  smoothedLoss: number | undefined;
  /** The step of the last evaluation, -1 before the first. */
  evaluatedStep: number;
  /** What the first evaluation found, before any step. */
  before: Evaluation | undefined;
  evaluationsWithoutProgress: number;
  best:
    | { readonly step: number; readonly evaluation: Evaluation; readonly vectors: TrainingVectors }
    | undefined;
}

/** Learning rates are halved at most so often before a training counts as hopeless. */
const MOST_ROLLBACKS = 5;

const BEST = 'best.';

/** The vectors a model is exported from. */
const EXPORTED = ['average', 'statistics'];

/** The memory before the first step. */
export function initialState(vectors: TrainingVectors): TrainingState {
  return {
    step: 0,
    seconds: 0,
    vectors,
    rateFactor: 1,
    rollbacks: 0,
    smoothedLoss: undefined,
    evaluatedStep: -1,
    before: undefined,
    evaluationsWithoutProgress: 0,
    best: undefined,
  };
}

/** The memory as a checkpoint. */
export function toCheckpoint(
  { vectors, smoothedLoss, before, best, ...rest }: TrainingState,
  batch: number,
): Checkpoint {
  const kept = best ? Object.entries(best.vectors).filter(([name]) => EXPORTED.includes(name)) : [];
  return {
    ...rest,
    batch,
    smoothedLoss: smoothedLoss ?? null,
    before: before ?? null,
    best: best ? { step: best.step, evaluation: best.evaluation } : null,
    vectors: { ...vectors, ...Object.fromEntries(kept.map(([name, data]) => [BEST + name, data])) },
  };
}

/** The memory out of a checkpoint. */
export function fromCheckpoint({
  batch: _,
  vectors,
  smoothedLoss,
  before,
  best,
  ...rest
}: Checkpoint): TrainingState {
  return {
    ...rest,
    vectors: pick(vectors, false),
    smoothedLoss: smoothedLoss ?? undefined,
    before: before ?? undefined,
    best: best ? { ...best, vectors: pick(vectors, true) } : undefined,
  };
}

/** The same memory where a step holds fewer samples than before, so that it goes on at the same place of the data. */
export function rescaleSteps(checkpoint: Checkpoint, batch: number): Checkpoint {
  const scale = (step: number): number => Math.floor((step * checkpoint.batch) / batch);
  const { step, evaluatedStep, best } = checkpoint;
  return {
    ...checkpoint,
    batch,
    step: scale(step),
    evaluatedStep: evaluatedStep < 0 ? evaluatedStep : scale(evaluatedStep),
    best: best && { ...best, step: scale(best.step) },
  };
}

/** A reason to distrust the state a step began with, or its result; undefined when both are sound. */
export function findTrouble(
  { smoothedLoss }: TrainingState,
  { loss, gradientNorm }: StepResult,
): string | undefined {
  if (!Number.isFinite(loss)) return `the loss is ${loss}`;
  if (!Number.isFinite(gradientNorm)) return `the norm of the gradient is ${gradientNorm}`;
  if (smoothedLoss === undefined || loss <= 4 * smoothedLoss + 1) return undefined;
  return `the loss jumped from about ${smoothedLoss.toPrecision(3)} to ${loss.toPrecision(3)}`;
}

/** Takes a sound step. */
export function acceptStep(state: TrainingState, { loss, vectors }: StepResult): void {
  state.vectors = vectors;
  state.step += 1;
  state.smoothedLoss = state.smoothedLoss === undefined ? loss : 0.95 * state.smoothedLoss + 0.05 * loss;
}

/** Back to the last state that was sound, with half the learning rate. Error, kind data: `train.diverged` when that was done too often. */
export function rollBack(state: TrainingState, good: Checkpoint, reason: string): TrainingEvent {
  const { step } = state;
  const { rateFactor, rollbacks, seconds, best } = state;
  if (rollbacks >= MOST_ROLLBACKS) {
    throw new EspalierError({
      kind: 'data',
      code: 'train.diverged',
      message: `The training diverged ${rollbacks + 1} times, the last time at step ${step + 1}: ${reason}.`,
      hint: 'Choose a smaller --lr, or --clip 1; check the labels and the preprocessing.',
    });
  }
  Object.assign(state, fromCheckpoint(good), {
    rateFactor: rateFactor / 2,
    rollbacks: rollbacks + 1,
    seconds,
    best,
  });
  return { type: 'training.rolled-back', step, to: good.step, rateFactor: state.rateFactor, reason };
}

/** Takes an evaluation of the present state; true when it is the best so far. A number that is not finite is worse than any. */
export function acceptEvaluation(state: TrainingState, evaluation: Evaluation): boolean {
  const { step, vectors, best } = state;
  const rank = ({ value, higherIsBetter }: Evaluation): number =>
    !Number.isFinite(value) ? Number.NEGATIVE_INFINITY : higherIsBetter ? value : -value;
  const isBest = best === undefined || rank(evaluation) > rank(best.evaluation);
  state.evaluatedStep = step;
  state.before ??= evaluation;
  state.evaluationsWithoutProgress = isBest ? 0 : state.evaluationsWithoutProgress + 1;
  if (isBest) state.best = { step, evaluation, vectors };
  return isBest;
}

/** The state of the last step, or of the best one, out of a checkpoint's vectors. */
function pick(vectors: TrainingVectors, best: boolean): TrainingVectors {
  const own = Object.entries(vectors).filter(([name]) => name.startsWith(BEST) === best);
  return Object.fromEntries(own.map(([name, data]) => [best ? name.slice(BEST.length) : name, data]));
}
