// The floor that `maxClassDrop` puts under every class: whether it can be kept, and whether a model keeps it.
import { EspalierError, LEAST_CLASS_SAMPLES, listUnjudged, type SearchJudgement } from '@espalier/core';
import type { MetricChoice } from '../pipeline/choose-metrics.ts';
import type { SearchOptions } from './search-options.ts';

/** Whether some class may have lost more than any may. */
export function breaksFloor(
  { maxClassDrop }: Pick<SearchOptions, 'maxClassDrop'>,
  { worstClass }: SearchJudgement,
): boolean {
  return maxClassDrop !== undefined && worstClass !== undefined && worstClass.worst > maxClassDrop;
}

/** Finds out before the work whether the metric knows classes. Error, kind usage: `run.no-classes`. */
export function checkKnowsClasses({ createMetric, createAgreement }: MetricChoice): void {
  const metric = createMetric ? createMetric() : createAgreement();
  if (metric.classes) return;
  throw new EspalierError({
    kind: 'usage',
    code: 'run.no-classes',
    message: `The metric ${metric.name} tells nothing of single classes, so that no floor can be put under them.`,
    hint: 'Leave --max-class-drop out; classifiers and detectors have classes, and a metric of your own has with classes().',
  });
}

/** Which classes are not judged, as a sentence; undefined where all are. Error, kind data: `run.no-classes` where none is. */
export function tellUnjudged({ classReadings = {}, samples }: SearchJudgement): string | undefined {
  const few = listUnjudged(classReadings);
  const all = Object.keys(classReadings).length;
  if (few.length === all) {
    throw new EspalierError({
      kind: 'data',
      code: 'run.no-classes',
      message: `None of the ${all} classes has ${LEAST_CLASS_SAMPLES} of the ${samples} held-out samples, so that no floor can be put under them.`,
      hint: 'Judge by more samples (--eval-data, --holdout, --eval-limit), or leave --max-class-drop out.',
    });
  }
  if (few.length === 0) return undefined;
  const names = few.map((name) => `${name} (${classReadings[name]!.samples})`).join(', ');
  return `${few.length} of ${all} classes have fewer than ${LEAST_CLASS_SAMPLES} held-out samples and are not held to --max-class-drop: ${names}.`;
}
