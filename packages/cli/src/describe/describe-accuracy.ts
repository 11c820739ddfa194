// The numbers of metrics as documents show them, and what is suspicious about the answers behind them.
import type { Metric } from '@espalier/core';
import { isClassification, tellingNumbers } from '@espalier/node';

/** More than this share of equal answers is suspicious; with fewer samples it is chance. */
const SUSPICIOUS_SHARE = 0.9;
const LEAST_SAMPLES = 10;

/** The telling numbers of metrics, null where there was nothing to measure. */
export function describeNumbers(metrics: readonly Pick<Metric, 'result'>[]): Record<string, number | null> {
  return finiteNumbers(Object.assign({}, ...metrics.map(tellingNumbers)));
}

/** Numbers as JSON can hold them: it has neither NaN nor infinity. */
export function finiteNumbers(numbers: Readonly<Record<string, number>>): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
  );
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
