// Training batches made on worker threads, each of which has the data set open for itself.
import type { BatchRequest, BatchSource, FilledBatch } from '../data/training-batch.ts';
import { type Answer, unpack } from './answers.ts';
import { startThread } from './work-thread.ts';

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
    startThread<BatchRequest, Answer<FilledBatch>>('training-worker', { workerData }),
  );
  return {
    async make(request) {
      return unpack(await threads[request.step % count]!.ask(request, [request.data.buffer]));
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}
