// Which numbers of a metric are worth showing.
import type { ClassificationMetric, Metric } from '@espalier/core';

/** With fewer classes than this, being among the five highest says next to nothing. */
const LEAST_CLASSES_FOR_TOP5 = 10;

/** The numbers by name; without top-5 where there are fewer than ten classes. */
export function tellingNumbers(metric: Pick<Metric, 'result'>): Readonly<Record<string, number>> {
  const fewClasses = isClassification(metric) && metric.perClass().length < LEAST_CLASSES_FOR_TOP5;
  return Object.fromEntries(
    Object.entries(metric.result()).filter(([name]) => !(fewClasses && name === 'top5')),
  );
}

/** Whether a metric knows what was answered class by class. */
export function isClassification(metric: Pick<Metric, 'result'>): metric is ClassificationMetric {
  return 'perClass' in metric && 'confusion' in metric;
}
