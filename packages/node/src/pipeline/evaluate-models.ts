// Numbers measured over a data set: every model sees the same batches, every metric sees every answer.
import {
  type AgreementMetric,
  type BatchOutputs,
  collate,
  type Dataset,
  EspalierError,
  type Metric,
  type Preprocess,
  type Session,
} from '@espalier/core';
import { dataInput, fixedBatch, runBatch } from './run-batch.ts';

/** One model under evaluation. */
export interface EvaluationSubject {
  readonly session: Session;
  /** Metrics that hold its answers against the labels. */
  readonly metrics: readonly Metric[];
  /** Metrics that hold its answers against those of the first subject. */
  readonly agreement: readonly AgreementMetric[];
}

/** How a data set is walked through. */
export interface EvaluationOptions {
  readonly dataset: Dataset;
  readonly preprocess: Preprocess;
  /** Samples per run where the models leave it open, default 1. */
  readonly batch?: number;
  /** At most this many samples, default all. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** How far an evaluation is. */
export interface EvaluationProgress {
  readonly type: 'evaluation.progress';
  readonly done: number;
  readonly total: number;
}

/**
 * Evaluates models over the same samples and returns how many there were; the numbers are in the metrics afterwards. Errors:
 * `data.empty` when there is no sample, and those of the reader, of `applyPreprocess`, of the engine and of the metrics.
 */
export async function* evaluateModels(
  subjects: readonly EvaluationSubject[],
  { dataset, preprocess, batch = 1, limit, signal }: EvaluationOptions,
): AsyncGenerator<EvaluationProgress, number> {
  const samples = dataset.samples({ ...(limit !== undefined && { limit }), ...(signal && { signal }) });
  const total = Math.min(limit ?? Number.POSITIVE_INFINITY, dataset.size);
  const fixed = subjects
    .map(({ session }) => fixedBatch(dataInput(session)))
    .filter((size) => size !== undefined);
  const size = fixed.length > 0 ? Math.min(...fixed) : batch;
  let done = 0;
  for await (const { input, targets, placements } of collate(samples, size, preprocess)) {
    signal?.throwIfAborted();
    let first: BatchOutputs | undefined;
    for (const { session, metrics, agreement } of subjects) {
      const answer: BatchOutputs = { outputs: await runBatch(session, input), placements };
      first ??= answer;
      for (const metric of metrics) metric.add(answer, targets);
      for (const metric of agreement) metric.add(answer, first);
    }
    done += targets.length;
    yield { type: 'evaluation.progress', done, total };
  }
  if (done > 0) return done;
  throw new EspalierError({
    kind: 'data',
    code: 'data.empty',
    message: `The data set ${dataset.name} holds no sample.`,
    hint: 'Check the path and the format.',
  });
}
