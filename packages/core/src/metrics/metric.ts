// What a metric is: espalier's own and, with `--metric ./mine.mjs`, the user's.

import type { Target } from '../data/dataset.ts';
import type { Placement } from '../data/placement.ts';
import type { NdArray } from '../onnx/nd-array.ts';

/** What a model answered to one batch. */
export interface BatchOutputs {
  /** By output name, in the order of the model's outputs; batch axis first. */
  readonly outputs: Readonly<Record<string, NdArray>>;
  /** Where each image came to lie on the model's input; empty for arrays fed as they are. */
  readonly placements: readonly Placement[];
}

/**
 * A number measured over a data set, batch by batch. A metric is an accumulator: the same batches in the same order give the same
 * result, `result` may be asked for at any time and changes nothing, and a new evaluation starts with a new metric.
 *
 * A module given to `--metric` exports `createMetric()`, which returns one of these. `Truth` is what an answer is held against:
 * the targets of the batch, one per sample, or the answer of the original model for metrics of agreement.
 */
export interface Metric<Truth = readonly Target[]> {
  /** The entry of `result` that stands for the whole: searches steer by it and tables are sorted by it. */
  readonly name: string;
  readonly higherIsBetter: boolean;
  /** Takes one batch into account. A batch it cannot judge is an error of kind `data` and leaves the metric unusable. */
  add(batch: BatchOutputs, truth: Truth): void;
  /** Every number by its name, `name` among them; NaN where there was nothing to measure. */
  result(): Readonly<Record<string, number>>;
  /** How each class that occurs fares, by class index; absent from metrics that know no classes. */
  classes?(): ReadonlyMap<number, ClassReading>;
}

/** How one class fares. */
export interface ClassReading {
  /** Samples or objects of this class. */
  readonly samples: number;
  /** More is better: the share that is recognised, the average precision. */
  readonly value: number;
}

/** A metric that needs no labels: the answer of a changed model is held against the original's answer to the same batch. */
export type AgreementMetric = Metric<BatchOutputs>;
