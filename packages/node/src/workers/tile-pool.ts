// FSCL's heavy tiles on all cores: a pool of worker threads behind core's TileRunner.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { EspalierError, type PairTile, type TileRunner } from '@espalier/core';

/** A runner on worker threads. Close it: its threads keep the process alive. */
export interface TilePool extends TileRunner {
  /** Stops the threads; tiles in flight fail with `workers.closed`. */
  readonly close: () => Promise<void>;
}

/**
 * The compiled entry, reached alike from `src/workers` and from `dist/workers`: Node 20 runs no TypeScript in a worker, so the sources
 * use the build too.
 */
const workerEntry = new URL('../../dist/workers/tile-worker.js', import.meta.url);

interface Thread {
  readonly worker: Worker;
  /** Tiles sent and not answered; answers come in order. */
  readonly waiting: {
    readonly resolve: (sums: Float64Array) => void;
    readonly reject: (cause: unknown) => void;
  }[];
}

/**
 * Makes a pool of up to `threads` threads (default: what the machine offers), started one by one as tiles come in. The sums are those of
 * `evaluateTile`, bit for bit. A thread that dies fails its tiles with `workers.failed`.
 */
export function createTilePool(threads = availableParallelism()): TilePool {
  const pool: Thread[] = [];

  const start = (): Thread => {
    const worker = new Worker(workerEntry);
    const thread: Thread = { worker, waiting: [] };
    const retire = (failure: EspalierError): void => {
      const index = pool.indexOf(thread);
      if (index >= 0) pool.splice(index, 1);
      for (const { reject } of thread.waiting.splice(0)) reject(failure);
    };
    worker.on('message', (sums: Float64Array) => thread.waiting.shift()?.resolve(sums));
    worker.on('error', (cause) => retire(describeFailure(cause)));
    worker.on('exit', () => retire(describeClosing()));
    pool.push(thread);
    return thread;
  };

  const run = (tile: PairTile): Promise<Float64Array> => {
    const idlest = pool.toSorted((a, b) => a.waiting.length - b.waiting.length)[0];
    const busy = idlest === undefined || idlest.waiting.length > 0;
    const thread = busy && pool.length < threads ? start() : idlest!;
    return new Promise((resolve, reject) => {
      thread.waiting.push({ resolve, reject });
      thread.worker.postMessage(tile);
    });
  };

  const close = async (): Promise<void> => {
    await Promise.all(pool.splice(0).map(({ worker }) => worker.terminate()));
  };
  // Two tiles per thread: the next one is already there when a thread finishes.
  return { parallel: 2 * threads, run, close };
}

function describeFailure(cause: unknown): EspalierError {
  return new EspalierError({
    kind: 'engine',
    code: 'workers.failed',
    message: `A worker thread stopped: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'Run with one thread; in a checkout of the sources build first (npm run build).',
    cause,
  });
}

function describeClosing(): EspalierError {
  return new EspalierError({
    kind: 'interrupted',
    code: 'workers.closed',
    message: 'The pool of worker threads was closed before all of its tiles were done.',
  });
}
