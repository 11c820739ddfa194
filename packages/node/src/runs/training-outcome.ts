// How far a training has come, as its journal tells: one that was killed and resumed has entries twice, of which the later ones count.
import type { Evaluation, StopReason, TrainingEvent } from '../training/training-events.ts';

/** An evaluation on the way. */
export interface TrainingEvaluation extends Evaluation {
  readonly step: number;
  /** Whether it was the best until then. */
  readonly best: boolean;
}

/** What came of a training, so far. */
export interface TrainingOutcome {
  /** Steps done. */
  readonly steps: number;
  /** Steps in all; absent before it began, and where time ends it. */
  readonly planned: number | undefined;
  readonly epochs: number;
  readonly batch: number | undefined;
  /** How many numbers are trained. */
  readonly parameters: number | undefined;
  /** In the order of their steps; the one of step 0 is of the model as it came. */
  readonly evaluations: readonly TrainingEvaluation[];
  /** How often an exploding loss threw it back. */
  readonly rollbacks: number;
  /** What was decided for the user or found out, one sentence each. */
  readonly notes: readonly string[];
  /** Why it ended, once it did. */
  readonly stopped: StopReason | undefined;
}

/** Before any entry. */
export const NO_TRAINING: TrainingOutcome = {
  ...{ steps: 0, planned: undefined, epochs: 0, batch: undefined, parameters: undefined },
  ...{ evaluations: [], rollbacks: 0, notes: [], stopped: undefined },
};

/** The outcome after one more entry of the journal. */
export function advanceTraining(outcome: TrainingOutcome, event: TrainingEvent): TrainingOutcome {
  switch (event.type) {
    case 'training.note':
      return { ...outcome, notes: [...new Set([...outcome.notes, event.text])] };
    case 'training.started': {
      const { from, steps, stepsPerEpoch, batch, parameters } = event;
      const progress = { steps: from, epochs: from / stepsPerEpoch, stopped: undefined };
      return { ...upTo(outcome, from), ...progress, planned: steps, batch, parameters };
    }
    case 'training.step':
      return { ...outcome, steps: event.step, epochs: event.epoch };
    case 'training.evaluated': {
      const { type: _, ...evaluation } = event;
      return { ...outcome, evaluations: [...upTo(outcome, event.step - 1).evaluations, evaluation] };
    }
    case 'training.rolled-back':
      return { ...upTo(outcome, event.to), steps: event.to, rollbacks: outcome.rollbacks + 1 };
    case 'training.stopped':
      return { ...outcome, stopped: event.reason };
    default:
      return outcome;
  }
}

/** Without what later steps were judged, which are taken again. */
function upTo(outcome: TrainingOutcome, step: number): TrainingOutcome {
  return { ...outcome, evaluations: outcome.evaluations.filter((each) => each.step <= step) };
}
