import {
  analyseCoupling,
  computeImportance,
  createRandom,
  evaluateTile,
  GraphBuilder,
  type KernelStack,
  type PairTile,
  scoreClasses,
  traceModel,
  weightsOf,
} from '@espalier/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { createTilePool, type TilePool } from './tile-pool.ts';

const random = createRandom(5);
const stack = (count: number, dims: readonly number[]): KernelStack => {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return { dims, count, data: Float64Array.from({ length: count * size }, () => random.normal()) };
};
const tile = (a: readonly number[], b: readonly number[], mode: PairTile['mode'] = 'full'): PairTile => ({
  mode,
  jobs: [1, 2, 70].map((count) => ({ a: stack(count, a), b: stack(2 * count, b) })),
});

describe('createTilePool', () => {
  let pool: TilePool;
  afterEach(() => pool.close());

  it('returns what one thread returns, bit for bit, whoever finishes first', async () => {
    pool = createTilePool(2);
    const tiles = [
      tile([3, 3], [3, 3]),
      tile([5, 5], [3, 3]),
      tile([3], [2]),
      tile([2, 2, 2], [3, 1, 2]),
      tile([3, 3], [3, 3], 'same'),
      tile([3, 3], [5, 5], 'valid'),
    ];
    const sums = await Promise.all(tiles.map((each) => pool.run(each)));
    expect(sums).toEqual(tiles.map(evaluateTile));
  });

  it('gives FSCL the scores of one thread, with progress', async () => {
    const g = new GraphBuilder();
    const conv = (x: string, out: number, channels: number) => {
      const { data } = stack(out * channels, [3, 3]);
      return g.node('Conv', [x, g.constant({ dims: [out, channels, 3, 3], data: Float32Array.from(data) })]);
    };
    g.output(conv(conv(g.input('x', [1, 192, 8, 8]), 48, 192), 256, 48), [1, 256, 4, 4]);
    const traced = await traceModel(g.model(), createOrtEngine());
    const [coupling, weights] = [analyseCoupling(traced), weightsOf(traced)];
    pool = createTilePool(2);
    const done: number[] = [];
    for await (const event of scoreClasses(coupling, weights, 'fscl', { runner: pool }))
      done.push(event.done);
    expect(done.length).toBeGreaterThan(1);
    expect(done.at(-1)).toBe(48 * 192 * 256 * 81);
    expect(await computeImportance(coupling, weights, 'fscl', { runner: pool })).toEqual(
      await computeImportance(coupling, weights, 'fscl'),
    );
  });

  it('fails the tiles of a thread that dies and goes on with a new one', async () => {
    pool = createTilePool(1);
    const broken = { mode: 'full', jobs: null } as unknown as PairTile;
    await expect(pool.run(broken)).rejects.toMatchObject({ code: 'workers.failed' });
    const good = tile([3, 3], [3, 3]);
    expect(await pool.run(good)).toEqual(evaluateTile(good));
  });

  it('fails the tiles in flight when it is closed', async () => {
    pool = createTilePool(1);
    const flying = expect(pool.run(tile([3, 3], [3, 3]))).rejects.toMatchObject({ code: 'workers.closed' });
    await pool.close();
    await flying;
  });
});
