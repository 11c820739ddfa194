// Training batches made on worker threads, each of which has the data set open for itself.
import { type ErrorDetails, EspalierError } from '@espalier/core';
import type { BatchRequest, BatchSource, FilledBatch } from '../data/training-batch.ts';
import { startThread } from './work-thread.ts';

/** What a worker sends back. */
export type BatchAnswer =
  | { readonly batch: FilledBatch; readonly failure?: undefined }
  | { readonly batch?: undefined; readonly failure: ErrorDetails };

/** Makes batches somewhere else. */
export interface TrainingThreads {
  /** The request's memory is handed over and comes back as the batch's. Errors as `createBatchMaker`, `workers.failed`, `workers.closed`. */
  make(request: BatchRequest): Promise<FilledBatch>;
  close(): Promise<void>;
}

/** Starts `count` threads, at least one; step k goes to thread k modulo `count`. The cache is shared out among them. */
export function startTrainingThreads(source: BatchSource, count: number): TrainingThreads {
  const workerData: BatchSource = { ...source, cacheBytes: Math.floor(source.cacheBytes / count) };
  const threads = Array.from({ length: count }, () =>
    startThread<BatchRequest, BatchAnswer>('training-worker', { workerData }),
  );
  return {
    async make(request) {
      const answer = await threads[request.step % count]!.ask(request, [request.data.buffer]);
      if (answer.failure) throw new EspalierError(answer.failure);
      return answer.batch;
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}
