// The numbers of metrics as documents show them, and what is suspicious about the answers behind them.
import type { ClassificationMetric, Metric } from '@espalier/core';

/** With fewer classes than this, being among the five highest says next to nothing. */
const LEAST_CLASSES_FOR_TOP5 = 10;

/** More than this share of equal answers is suspicious; with fewer samples it is chance. */
const SUSPICIOUS_SHARE = 0.9;
const LEAST_SAMPLES = 10;

/** All numbers by name, null where there was nothing to measure; without top-5 where there are fewer than ten classes. */
export function describeNumbers(metrics: readonly Pick<Metric, 'result'>[]): Record<string, number | null> {
  const numbers = metrics.flatMap((metric) => {
    const fewClasses = isClassification(metric) && metric.perClass().length < LEAST_CLASSES_FOR_TOP5;
    return Object.entries(metric.result()).filter(([name]) => !(fewClasses && name === 'top5'));
  });
  // JSON has neither NaN nor infinity.
  return Object.fromEntries(numbers.map(([name, value]) => [name, Number.isFinite(value) ? value : null]));
}

/** Sentences on answers that are nearly all one class although the labels are not. */
export function warnOfOneAnswer(metrics: readonly Pick<Metric, 'result'>[]): readonly string[] {
  return metrics.filter(isClassification).flatMap((metric) => {
    const classes = metric.perClass();
    const samples = classes.reduce((sum, { samples }) => sum + samples, 0);
    const suspect = classes.find(({ predicted }) => predicted > SUSPICIOUS_SHARE * samples);
    if (!suspect || samples < LEAST_SAMPLES || suspect.samples > SUSPICIOUS_SHARE * samples) return [];
    const { classIndex, predicted } = suspect;
    return [
      `${predicted} of ${samples} answers are class ${classIndex}: the preprocessing is probably not the one the model was trained with.`,
    ];
  });
}

function isClassification(metric: Pick<Metric, 'result'>): metric is ClassificationMetric {
  return 'perClass' in metric && 'confusion' in metric;
}
