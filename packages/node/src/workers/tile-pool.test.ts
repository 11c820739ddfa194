import { createRandom, evaluateTile, type KernelStack, type PairTile } from '@espalier/core';
import { afterEach, describe, expect, it } from 'vitest';
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
