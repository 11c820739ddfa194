// Entry of a worker thread: makes training batches in the order they are asked for.
import { parentPort, workerData } from 'node:worker_threads';
import { openDataset } from '../data/open-dataset.ts';
import { type BatchRequest, type BatchSource, createBatchMaker } from '../data/training-batch.ts';
import { packFailure } from './failures.ts';
import type { BatchAnswer } from './training-threads.ts';

const port = parentPort!;
const source = workerData as BatchSource;
const opened = openDataset(source.path, source.dataset).then((dataset) => createBatchMaker(dataset, source));

async function answer(request: BatchRequest): Promise<void> {
  try {
    const batch = await (await opened)(request);
    port.postMessage({ batch } satisfies BatchAnswer, [batch.data.buffer]);
  } catch (error) {
    const failure = packFailure(error);
    port.postMessage({ failure } satisfies BatchAnswer);
  }
}

let last = Promise.resolve();
port.on('message', (request: BatchRequest) => {
  last = last.then(() => answer(request));
});
