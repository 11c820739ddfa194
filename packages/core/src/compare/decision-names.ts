// The names of what a decision between models weighs, and of the rules it can be made by.

/** What models are weighed by. */
export const DECISION_MEASURES = ['accuracy', 'latency', 'size', 'memory'] as const;

/** Name of what models are weighed by. */
export type DecisionMeasure = (typeof DECISION_MEASURES)[number];

/** Rules by which one of several models is picked. */
export const PICK_RULES = ['weighted', 'fastest', 'knee'] as const;

/** Name of a rule. */
export type PickRule = (typeof PICK_RULES)[number];
