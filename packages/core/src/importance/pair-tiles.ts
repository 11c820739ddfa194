// Heavy FSCL work cut into tiles: plain data that any thread can evaluate, and the loop that keeps several in flight.
import {
  type ConvolutionMode,
  createOverlapFinder,
  type KernelStack,
  sumAbsolutePairs,
} from './kernel-pairs.ts';

/** Pairs of kernel stacks to be summed, all in one mode. Plain data: it can be posted to a worker. */
export interface PairTile {
  readonly mode: ConvolutionMode;
  readonly jobs: readonly { readonly a: KernelStack; readonly b: KernelStack }[];
}

/** Evaluates tiles, in this thread or elsewhere. Every runner must return exactly what `evaluateTile` returns. */
export interface TileRunner {
  /** How many tiles to keep in flight, at least 1. */
  readonly parallel: number;
  readonly run: (tile: PairTile) => Promise<Float64Array> | Float64Array;
}

/** Σ‖A_c * B_n‖₁ of each job of a tile. */
export function evaluateTile(tile: PairTile): Float64Array {
  const findOverlaps = createOverlapFinder(tile.mode);
  return Float64Array.from(tile.jobs, ({ a, b }) => sumAbsolutePairs(a, b, findOverlaps(a.dims, b.dims)));
}

/** Evaluates in the calling thread. Between tiles only promises are awaited: a host that must stay responsive uses workers. */
export const inlineRunner: TileRunner = { parallel: 1, run: evaluateTile };

/**
 * Runs tiles with `runner.parallel` of them in flight and yields the sums in order of completion, with the tile's index.
 * On failure or when the signal fires it waits for the tiles in flight and throws.
 */
export async function* runTiles(
  tiles: Iterable<PairTile>,
  runner: TileRunner,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly index: number; readonly sums: Float64Array }> {
  const flying = new Map<number, Promise<{ index: number; sums: Float64Array }>>();
  const land = async () => {
    const done = await Promise.race(flying.values());
    flying.delete(done.index);
    return done;
  };
  const launch = async (tile: PairTile, index: number) => ({ index, sums: await runner.run(tile) });
  let index = 0;
  try {
    for (const tile of tiles) {
      signal?.throwIfAborted();
      flying.set(index, launch(tile, index));
      index++;
      if (flying.size >= runner.parallel) yield await land();
    }
    while (flying.size > 0) {
      signal?.throwIfAborted();
      yield await land();
    }
  } finally {
    await Promise.allSettled(flying.values());
  }
}
