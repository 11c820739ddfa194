// Entry of a worker thread: makes training batches in the order they are asked for.
import { parentPort, workerData } from 'node:worker_threads';
import { openDataset } from '../data/open-dataset.ts';
import {
  type BatchRequest,
  type BatchSource,
  createBatchMaker,
  type FilledBatch,
} from '../data/training-batch.ts';
import { answerInOrder } from './answers.ts';

const source = workerData as BatchSource;
const opened = openDataset(source.path, source.dataset).then((dataset) => createBatchMaker(dataset, source));

answerInOrder<BatchRequest, FilledBatch>(parentPort!, async (request) => {
  const value = await (await opened)(request);
  return { value, memory: [value.data.buffer] };
});
