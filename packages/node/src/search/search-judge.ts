// Judges the models of a search on the held-out samples, all beside the original, with the error of the judgement.
import {
  type AgreementMetric,
  type BatchOutputs,
  type ClassTable,
  createGroupedMetric,
  type Engine,
  findWorstClass,
  type GroupedMetric,
  type LoadOptions,
  type Metric,
  type Model,
  measureDrop,
  RANDOM_GROUPS,
  type SearchJudgement,
  type Target,
  worstDrop,
} from '@espalier/core';
import { evaluateModels } from '../pipeline/evaluate-models.ts';
import { follow } from '../pipeline/events.ts';
import { tellingNumbers } from '../pipeline/telling-numbers.ts';
import type { TrainingData } from '../training/training-data.ts';

/** What a judge works with. */
export interface SearchJudgeOptions {
  readonly engine: Engine;
  /** Held against the original where there are no labels. */
  readonly original: Model;
  readonly data: TrainingData;
  /** Most samples per run where the model leaves it open. */
  readonly batch: number;
  /** One-sided, in [0.5, 1). */
  readonly confidence: number;
  /** Whether the drops of single classes are told too. */
  readonly byClass?: boolean;
  readonly load?: LoadOptions;
  readonly signal?: AbortSignal;
}

/** Judges a model beside what is known of the original; the original itself beside nothing. */
export type SearchJudge = (model: Model, original?: SearchJudgement) => Promise<SearchJudgement>;

/** Makes a judge. */
export function createSearchJudge(options: SearchJudgeOptions): SearchJudge {
  const { engine, original: reference, data, confidence, load, signal } = options;
  const { createMetric, createAgreement } = data.metrics;
  const nameOf = nameClasses(data.judged.classNames);
  const { judged: dataset, preprocess } = data;
  const batch = Math.max(1, Math.min(options.batch, Math.floor(dataset.size / RANDOM_GROUPS)));
  const walk = { dataset, preprocess, batch, ...(signal && { signal }) };
  return async (model, original) => {
    const teacher = createMetric ? undefined : await engine.load(reference, load);
    const session = await engine.load(model, load).catch(async (error) => {
      await teacher?.close();
      throw error;
    });
    try {
      const labelled: GroupedMetric<readonly Target[]>[] = createMetric
        ? [createGroupedMetric(createMetric)]
        : [];
      const agreement: GroupedMetric<BatchOutputs>[] = teacher ? [createGroupedMetric(createAgreement)] : [];
      const subject = { session, metrics: labelled as Metric[], agreement: agreement as AgreementMetric[] };
      const before = teacher ? [{ session: teacher, metrics: [], agreement: [] }] : [];
      const samples = await follow(evaluateModels([...before, subject], walk));
      const metric = (labelled[0] ?? agreement[0])!;
      const { name, higherIsBetter } = metric;
      const reading = metric.reading();
      // The groups of each class are as dear as all the metric again.
      const table = options.byClass ? byName(metric.classReadings(), nameOf) : undefined;
      const classes = table ?? byName(metric.classes?.(), nameOf);
      const drop = measureDrop(original ?? reading, reading, higherIsBetter);
      return {
        ...{ metric: name, higherIsBetter, ...reading },
        metrics: tellingNumbers(metric as Pick<Metric, 'name' | 'higherIsBetter' | 'result'>),
        ...{ drop: drop.value, interval: drop.interval, worst: worstDrop(drop, confidence), samples },
        ...(classes && {
          classes: Object.fromEntries(Object.entries(classes).map(([name, { value }]) => [name, value])),
        }),
        ...(table && tellClasses(table, original?.classReadings, confidence)),
      };
    } finally {
      await session.close();
      await teacher?.close();
    }
  };
}

/** By name where every class has one of its own. */
function nameClasses(names: readonly string[] = []): (index: number) => string {
  const isClear = new Set(names).size === names.length;
  return (index) => (isClear && names[index]) || String(index);
}

function byName<Reading>(
  readings: ReadonlyMap<number, Reading> | undefined,
  nameOf: (index: number) => string,
): Readonly<Record<string, Reading>> | undefined {
  return readings && Object.fromEntries([...readings].map(([index, reading]) => [nameOf(index), reading]));
}

/** The original keeps all that others are held against. */
function tellClasses(
  classes: ClassTable,
  original: ClassTable | undefined,
  confidence: number,
): Pick<SearchJudgement, 'classReadings' | 'worstClass'> {
  if (!original) return { classReadings: classes };
  const worstClass = findWorstClass(original, classes, confidence);
  return worstClass ? { worstClass } : {};
}
