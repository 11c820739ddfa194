// Which metric suits the labels of a data set.
import { createClassificationMetric, EspalierError, type Metric } from '@espalier/core';
import type { OpenEvaluation } from './open-evaluation.ts';

/**
 * Makes the metric for the labels at hand: top-1 and top-5 for classes. Error: `eval.no-metric` (data) when there are no labels, or
 * labels that no metric of espalier's own is for.
 */
export function chooseMetric({ target, dataset }: Pick<OpenEvaluation, 'target' | 'dataset'>): Metric {
  switch (target) {
    case 'class':
      return createClassificationMetric();
    default:
      throw new EspalierError({
        kind: 'data',
        code: 'eval.no-metric',
        message: `The data ${dataset.name} have ${target === 'none' ? 'no labels' : `labels of kind '${target}'`}.`,
        hint: 'Bring your own metric with --metric FILE.',
      });
  }
}
