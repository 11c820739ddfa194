// FSCL's heavy tiles on all cores: a pool of worker threads behind core's TileRunner.
import { availableParallelism } from 'node:os';
import type { PairTile, TileRunner } from '@espalier/core';
import { startThread, type WorkThread } from './work-thread.ts';

/** A runner on worker threads. Close it: its threads keep the process alive. */
export interface TilePool extends TileRunner {
  /** Stops the threads; tiles in flight fail with `workers.closed`. */
  readonly close: () => Promise<void>;
}

/**
 * Makes a pool of up to `threads` threads (default: what the machine offers), started one by one as tiles come in. The sums are those of
 * `evaluateTile`, bit for bit. A thread that dies fails its tiles with `workers.failed`.
 */
export function createTilePool(threads = availableParallelism()): TilePool {
  const pool: WorkThread<PairTile, Float64Array>[] = [];

  const start = (): WorkThread<PairTile, Float64Array> => {
    const thread = startThread<PairTile, Float64Array>('tile-worker', {
      onEnd: () => {
        const index = pool.indexOf(thread);
        if (index >= 0) pool.splice(index, 1);
      },
    });
    pool.push(thread);
    return thread;
  };

  const run = (tile: PairTile): Promise<Float64Array> => {
    const idlest = pool.toSorted((a, b) => a.waiting() - b.waiting())[0];
    const busy = idlest === undefined || idlest.waiting() > 0;
    const thread = busy && pool.length < threads ? start() : idlest!;
    return thread.ask(tile);
  };

  const close = async (): Promise<void> => {
    await Promise.all(pool.splice(0).map((thread) => thread.close()));
  };
  // Two tiles per thread: the next one is already there when a thread finishes.
  return { parallel: 2 * threads, run, close };
}
