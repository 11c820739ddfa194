// How a run stands, in words.
import type { RunField } from '../documents/run-field.ts';

const ENDINGS: Readonly<Record<NonNullable<RunField['reason']>, string>> = {
  target: 'target met',
  budget: 'budget spent',
  'nothing-left': 'nothing left to cut',
  iterations: 'iterations used up',
  time: 'time used up',
  steps: 'all steps done',
  'no-progress': 'no more progress',
  interrupted: 'interrupted',
};

/** `running`, `interrupted`, or why it ended: `target met`. */
export function formatState({ state, reason }: Pick<RunField, 'state' | 'reason'>): string {
  return reason === null ? state : ENDINGS[reason];
}
