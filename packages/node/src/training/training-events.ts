// What a training tells while it goes: the terminal, `--json` and a run's journal read the same events.
import type { Model } from '@espalier/core';
import type { CorruptImage } from '../data/training-batch.ts';
import type { EvaluationProgress } from '../pipeline/evaluate-models.ts';

/** What an evaluation found; `value` is the number that trainings are judged by. */
export interface Evaluation {
  /** Name of the number, `top1` for one, and the number itself. */
  readonly name: string;
  readonly value: number;
  readonly higherIsBetter: boolean;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Judges a model while a training goes on. Aborted evaluations throw. */
export type Judge = (model: Model) => AsyncGenerator<TrainingEvent, Evaluation>;

/** One event of a training. */
export type TrainingEvent =
  | EvaluationProgress
  /** Something was decided for the user, or found out: one sentence. */
  | { readonly type: 'training.note'; readonly text: string }
  /** Everything was found in order: the training graph is being made, which takes seconds. */
  | { readonly type: 'training.preparing' }
  | {
      readonly type: 'training.started';
      /** Steps in all; absent when a time limit ends the training. */
      readonly steps?: number;
      readonly stepsPerEpoch: number;
      /** Where it goes on: 0 for a new training. */
      readonly from: number;
      readonly batch: number;
      /** How many numbers are trained, and how many batch normalizations were put back for it. */
      readonly parameters: number;
      readonly restoredNorms: number;
    }
  | {
      readonly type: 'training.step';
      /** Steps done. */
      readonly step: number;
      readonly epoch: number;
      readonly loss: number;
      readonly gradientNorm: number;
      readonly rate: number;
      /** 0 to 1. */
      readonly progress: number;
      /** While steps are taken: evaluations do not count. */
      readonly samplesPerSecond: number;
      readonly secondsLeft: number;
    }
  | ({ readonly type: 'training.evaluated'; readonly step: number; readonly best: boolean } & Evaluation)
  | { readonly type: 'training.saved'; readonly step: number }
  | {
      readonly type: 'training.rolled-back';
      readonly step: number;
      /** The step it goes on from. */
      readonly to: number;
      /** What the learning rate is multiplied with from now on. */
      readonly rateFactor: number;
      readonly reason: string;
    }
  | { readonly type: 'training.batch-halved'; readonly batch: number; readonly reason: string }
  | { readonly type: 'training.corrupt'; readonly image: CorruptImage }
  | { readonly type: 'training.stopped'; readonly step: number; readonly reason: StopReason };

/** Why a training ended: its steps or its time were used up, the metric no longer improved, or it was interrupted. */
export type StopReason = 'steps' | 'time' | 'no-progress' | 'interrupted';
