// Judges models while a training goes on: against labels where there are any, else by their agreement with the teacher.
import {
  type Dataset,
  type Engine,
  EspalierError,
  type LoadOptions,
  type Metric,
  type Model,
  modelBehind,
  type Preprocess,
  type Session,
} from '@espalier/core';
import type { CorruptImage } from '../data/training-batch.ts';
import type { MetricChoice } from '../pipeline/choose-metrics.ts';
import { evaluateModels } from '../pipeline/evaluate-models.ts';
import { tellingNumbers } from '../pipeline/telling-numbers.ts';
import type { Judge } from './training-events.ts';

/** What a judge works with. */
export interface JudgePlan {
  readonly engine: Engine;
  readonly load: LoadOptions;
  readonly dataset: Dataset;
  readonly preprocess: Preprocess;
  readonly metrics: MetricChoice;
  /** Dims of the inputs at which models are run, batch first: a batch that the model file declares does not count. */
  readonly dims: readonly number[];
  /** Corrupt pictures of the data set that were met and not yet told. */
  readonly corrupt: CorruptImage[];
  readonly teacher?: Model;
  readonly signal?: AbortSignal;
}

/** A judge that may hold the teacher ready. Close it. */
export interface OpenJudge {
  readonly judge: Judge;
  close(): Promise<void>;
}

/** Opens a judge. Errors: `train.nothing-to-judge` (kind usage) without labels and without a teacher; those of the engine. */
export async function openJudge(plan: JudgePlan): Promise<OpenJudge> {
  const { engine, load, dims, metrics, dataset, preprocess, corrupt, signal } = plan;
  const open = (model: Model): Promise<Session> => {
    const outputs = model.graph.outputs.map(({ name }) => name);
    return engine.load(modelBehind(model, outputs, dims), load);
  };
  const { createMetric, createAgreement } = metrics;
  const teacher = createMetric || !plan.teacher ? undefined : await open(plan.teacher);
  if (!createMetric && !teacher) throw nothingToJudge(dataset);
  const walk = {
    dataset,
    preprocess,
    batch: dims[0]!,
    ...(signal && { signal }),
  };
  return {
    async *judge(model) {
      const session = await open(model);
      try {
        const labelled = createMetric ? [createMetric()] : [];
        const agreement = teacher ? [createAgreement()] : [];
        const subject = { session, metrics: labelled, agreement };
        const reference = teacher ? [{ session: teacher, metrics: [], agreement: [] }] : [];
        yield* evaluateModels([...reference, subject], walk);
        for (const image of corrupt.splice(0)) yield { type: 'training.corrupt', image };
        const metric: Pick<Metric, 'name' | 'higherIsBetter' | 'result'> = (labelled[0] ?? agreement[0])!;
        const numbers = tellingNumbers(metric);
        const { name, higherIsBetter } = metric;
        return { name, value: numbers[name] ?? Number.NaN, higherIsBetter, metrics: numbers };
      } finally {
        await session.close();
      }
    },
    close: async () => teacher?.close(),
  };
}

function nothingToJudge({ name }: Dataset): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'train.nothing-to-judge',
    message: `The evaluation data ${name} have no labels, and there is no teacher to agree with.`,
    hint: 'Give labelled data with --eval-data, or the original model with --teacher.',
  });
}
