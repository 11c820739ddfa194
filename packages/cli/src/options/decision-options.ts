// The options of `compare`: what models are weighed by, and the rule by which one is picked.
import { DECISION_MEASURES, PICK_RULES } from '@espalier/core/names';
import type { OptionRow } from './option-row.ts';

/** The rows. */
export const decisionOptions = {
  weights: {
    group: 'Decision',
    type: 'list',
    value: 'NAME=W,NAME=W',
    text: `how much each counts of ${DECISION_MEASURES.join(', ')}: 0 for what is not named; without it accuracy=1,latency=1`,
    examples: [['accuracy=2', 'latency=1'], ['accuracy=1,latency=1,size=0.5']],
    commands: ['compare'],
  },
  pick: {
    group: 'Decision',
    type: 'choice',
    choices: PICK_RULES,
    text: 'the highest score, the fastest within --max-drop, or the knee of the Pareto set; without it fastest where a run or --max-drop says what may be lost, else weighted',
    commands: ['compare'],
  },
} as const satisfies Readonly<Record<string, OptionRow>>;
