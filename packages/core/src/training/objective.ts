// What a training strives for: labels, the answers of a teacher, or both; as a loss definition and as what every step must be fed.

import { mixLosses, type WrittenLoss, writeCrossEntropy, writeDistillation, writeMatching } from './loss.ts';
import type { LossDefinition } from './training-graph.ts';

/** A loss definition that says what it is fed. */
export interface Objective extends LossDefinition {
  /** Name of the graph input for the targets, [N, C] rows of probabilities; absent when labels play no part. */
  readonly targets?: string;
  /** Graph inputs for values of the teacher, by the value's name in the teacher's model. */
  readonly teacher: ReadonlyMap<string, string>;
  /** Those of these values that lie inside the model: of their channels a cut may have lost some. */
  readonly features: readonly string[];
}

/** Name of the graph input for the targets. */
export const TARGETS_INPUT = 'train.targets';

/** Name of the graph input for a value of the teacher. */
export const teacherInput = (value: string): string => `train.teacher.${value}`;

/** What is asked of a classifier. */
export interface ClassificationOptions {
  /** Name of its logits. */
  readonly output: string;
  /** Weight of the labels' cross-entropy, default 1; 0 trains without labels. */
  readonly labels?: number;
  /** Weight of the teacher's answers, default 0. */
  readonly distil?: number;
  /** 0 to 1, default 0. */
  readonly smoothing?: number;
  /** Default 2. */
  readonly temperature?: number;
  /** Values that should stay what they are in the teacher, and the weight of their distance; default none. */
  readonly match?: readonly string[];
  readonly matchWeight?: number;
}

/** Cross-entropy with labels, distillation from a teacher, matching of features, in any mix. */
export function classificationObjective(options: ClassificationOptions): Objective {
  const {
    output,
    labels = 1,
    distil = 0,
    smoothing = 0,
    temperature = 2,
    match = [],
    matchWeight = 1,
  } = options;
  return {
    reads: [output, ...match],
    ...(labels > 0 && { targets: TARGETS_INPUT }),
    teacher: teacherInputs([...(distil > 0 ? [output] : []), ...match]),
    features: match,
    write: (c) => {
      const logits = c.value(output);
      const parts: { loss: WrittenLoss; weight: number }[] = [];
      if (labels > 0) {
        const targets = c.input(TARGETS_INPUT, [logits.dims[0]!, logits.dims[1]!]);
        parts.push({ loss: writeCrossEntropy(c.emit, logits, targets, smoothing), weight: labels });
      }
      if (distil > 0) {
        const answers = c.input(teacherInput(output), logits.dims);
        parts.push({ loss: writeDistillation(c.emit, logits, answers, temperature), weight: distil });
      }
      for (const value of match) {
        const student = c.value(value);
        const loss = writeMatching(c.emit, student, c.input(teacherInput(value), student.dims));
        parts.push({ loss, weight: matchWeight / match.length });
      }
      return mixLosses(c.emit, parts);
    },
  };
}

/** Values of any model that should be what they are in the teacher: its outputs, and `features` inside. */
export function matchingObjective(outputs: readonly string[], features: readonly string[] = []): Objective {
  const values = [...new Set([...outputs, ...features])];
  return {
    reads: values,
    teacher: teacherInputs(values),
    features: features.filter((value) => !outputs.includes(value)),
    write: (c) =>
      mixLosses(
        c.emit,
        values.map((value) => {
          const student = c.value(value);
          const loss = writeMatching(c.emit, student, c.input(teacherInput(value), student.dims));
          return { loss, weight: 1 / values.length };
        }),
      ),
  };
}

function teacherInputs(values: readonly string[]): ReadonlyMap<string, string> {
  return new Map(values.map((value) => [value, teacherInput(value)]));
}
