// Holds the answers of probed models against the truth, beside those of the model they were cut from, on the same samples.
import {
  type BatchOutputs,
  createGroupedMetric,
  type Drop,
  type GroupedMetric,
  type MetricReading,
  measureDrop,
  RANDOM_GROUPS,
  type Target,
} from '@espalier/core';
import type { MetricChoice } from '../pipeline/choose-metrics.ts';
import { dropFilling } from '../pipeline/run-batch.ts';
import { type ProbeBatch, rowsOf } from './probe-images.ts';

type Outputs = BatchOutputs['outputs'];

/**
 * Of n samples that all agree, 3/n may still differ at 95 % (If Nothing Goes Wrong, Is Everything All Right?, 1983): a spread of zero says
 * nothing before that.
 */
const RULE_OF_THREE = 3;

/** How well a large drop must be known, as a part of itself: which of two bad cuts is worse decides nothing. */
const RELATIVE_PRECISION = 0.1;

/** Verdict on one probe so far. */
export interface ProbeVerdict {
  readonly drop: Drop;
  /** Batches it rests on. */
  readonly batches: number;
}

/** The judgement of one probe. Batches come in their order. */
export interface ProbeTrial {
  /** Takes an answer into account; true when no more is needed. */
  add(outputs: Outputs): boolean;
  /** Once no more is needed. */
  verdict(): ProbeVerdict;
}

/** Judges probes against the baseline. */
export interface ProbeJudge {
  readonly metric: string;
  readonly higherIsBetter: boolean;
  /** The baseline's metric over all samples. */
  readonly value: number;
  open(): ProbeTrial;
}

/** What a judge is opened with: answers of the baseline, and of whatever counts as right where there are no labels. */
export interface ProbeTruths {
  readonly images: readonly ProbeBatch[];
  readonly metrics: MetricChoice;
  readonly baseline: readonly Outputs[];
  readonly reference: readonly Outputs[];
  /** See `SensitivityOptions.precision`. */
  readonly precision: number;
}

/** Opens a judge. Errors: those of the metrics. */
export function openProbeJudge(truths: ProbeTruths): ProbeJudge {
  const { images, baseline, precision } = truths;
  const first = openMetric(truths);
  // What the baseline had reached where probes may end: some metrics take long to say what they have come to.
  const readings = new Map<number, MetricReading>();
  for (const [batch] of images.entries()) {
    first.add(batch, baseline[batch]!);
    const seen = batch + 1;
    if (isRound(seen) || seen === images.length) readings.set(seen, first.metric.reading());
  }
  const { name: metric, higherIsBetter } = first.metric;
  return {
    metric,
    higherIsBetter,
    value: readings.get(images.length)!.value,
    open() {
      const own = openMetric(truths);
      let batches = 0;
      let samples = 0;
      const verdict = (): ProbeVerdict => ({
        drop: measureDrop(readings.get(batches)!, own.metric.reading(), higherIsBetter),
        batches,
      });
      return {
        verdict,
        add(outputs) {
          own.add(batches, outputs);
          samples += images[batches]!.targets.length;
          batches += 1;
          if (batches === images.length) return true;
          if (samples * precision < RULE_OF_THREE || !isRound(batches)) return false;
          const { value, interval } = verdict().drop;
          const enough = Math.max(precision, RELATIVE_PRECISION * value);
          return interval !== null && interval[1] - interval[0] <= 2 * enough;
        },
      };
    },
  };
}

/** Whole rounds only, so that every random group has seen as much as the others. */
const isRound = (batches: number): boolean => batches % RANDOM_GROUPS === 0;

/** A metric against the labels where there are any, else against the reference's answers. */
function openMetric({ images, metrics, reference }: ProbeTruths) {
  const answer = (batch: number, outputs: Outputs): BatchOutputs => ({
    outputs: dropFilling(outputs, rowsOf(images[batch]!), images[batch]!.targets.length),
    placements: images[batch]!.placements,
  });
  const { createMetric, createAgreement } = metrics;
  if (createMetric) {
    const metric: GroupedMetric<readonly Target[]> = createGroupedMetric(createMetric);
    return {
      metric,
      add: (batch: number, outputs: Outputs) => metric.add(answer(batch, outputs), images[batch]!.targets),
    };
  }
  const metric: GroupedMetric<BatchOutputs> = createGroupedMetric(createAgreement);
  return {
    metric,
    add: (batch: number, outputs: Outputs) =>
      metric.add(answer(batch, outputs), answer(batch, reference[batch]!)),
  };
}
