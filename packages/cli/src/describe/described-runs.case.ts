// Runs that tests of what is told of them share.
import { NO_STATE, type SearchJudgement, type SearchStep } from '@espalier/core';
import { NO_TRAINING, type RunStanding, type SearchRun, type TrainedRun } from '@espalier/node';

/** Half of the groups a bit better, half a bit worse than the value. */
export function judged(value: number, drop: number): SearchJudgement {
  return {
    ...{ metric: 'top1', higherIsBetter: true, value, groups: [value - 0.1, value + 0.1], metrics: {} },
    ...{ drop, interval: [drop - 0.01, drop + 0.01], worst: drop + 0.005, samples: 100 },
  };
}

/** A step of a search. */
export function stepOf(step: number, macs: number, judgement: SearchJudgement): SearchStep {
  return {
    ...{ step, model: `models/step-${step}.onnx`, judgement, proof: step === 0 ? null : 'proven' },
    ...{ cost: { macs, params: macs / 2, activationBytes: 1 }, groups: [], history: {}, stale: [] },
  };
}

const changedAt = '2026-07-30T10:00:00.000Z';
const ENDED: RunStanding = { state: 'ended', reason: 'target' };

/** A search of two steps, which its record says nothing of. */
export function searchRun(
  settings: Readonly<Record<string, unknown>> = {},
  judgements = [judged(0.9, 0), judged(0.88, 0.02)],
  standing = ENDED,
): SearchRun {
  const steps = judgements.map((judgement, i) => stepOf(i, 100 - 40 * i, judgement));
  const record = { schema: 'espalier/run@1', about: {}, settings } as const;
  return { kind: 'search', path: 'none', record, standing, changedAt, search: { ...NO_STATE, steps } };
}

/** A training whose second evaluation was its best. */
export function trainedRun(): TrainedRun {
  const evaluations = [0.5, 0.75, 0.625].map((value, i) => ({
    ...{ step: 10 * i, best: i < 2, name: 'loss', value, higherIsBetter: false, metrics: {} },
  }));
  return {
    ...{ kind: 'training', path: 'none', standing: { state: 'interrupted' }, changedAt },
    record: {
      schema: 'espalier/run@1',
      about: { command: 'espalier train net.onnx' },
      settings: { lr: 0.1 },
    },
    training: { ...NO_TRAINING, steps: 20, evaluations },
  };
}
