// Entry of a worker thread: evaluates FSCL tiles in the order they arrive.
import { parentPort } from 'node:worker_threads';
import { evaluateTile, type PairTile } from '@espalier/core';

const port = parentPort!;
port.on('message', (tile: PairTile) => {
  const sums = evaluateTile(tile);
  port.postMessage(sums, [sums.buffer as ArrayBuffer]);
});
