import { describe, expect, it } from 'vitest';
import { evaluateTile, inlineRunner, type PairTile, runTiles, type TileRunner } from './pair-tiles.ts';

const tile = (...values: readonly number[]): PairTile => ({
  mode: 'full',
  jobs: values.map((value) => ({
    a: { dims: [2], count: 1, data: Float64Array.of(value, -value) },
    b: { dims: [2], count: 1, data: Float64Array.of(1, 1) },
  })),
});

const collect = async (tiles: Iterable<PairTile>, runner: TileRunner, signal?: AbortSignal) => {
  const landed: [number, number[]][] = [];
  for await (const { index, sums } of runTiles(tiles, runner, signal)) landed.push([index, [...sums]]);
  return landed;
};

describe('runTiles', () => {
  it('evaluates every job of every tile', async () => {
    expect(await collect([tile(1, 2), tile(3)], inlineRunner, undefined)).toEqual([
      [0, [2, 4]],
      [1, [6]],
    ]);
  });

  it('keeps no more tiles in flight than the runner wants and yields them as they land', async () => {
    let flying = 0;
    let most = 0;
    const waits = [3, 1, 0, 0];
    const runner: TileRunner = {
      parallel: 2,
      run: async (each) => {
        most = Math.max(most, ++flying);
        for (let turns = 10 * waits[each.jobs[0]!.a.data[0]!]!; turns > 0; turns--) await undefined;
        flying--;
        return evaluateTile(each);
      },
    };
    const landed = await collect([tile(0), tile(1), tile(2), tile(3)], runner);
    expect(landed.map(([index]) => index)).not.toEqual([0, 1, 2, 3]);
    expect(landed.sort(([a], [b]) => a - b).map(([, sums]) => sums)).toEqual([[0], [2], [4], [6]]);
    expect(most).toBe(2);
  });

  it('throws the failure of a tile after the others have landed', async () => {
    let landed = 0;
    const runner: TileRunner = {
      parallel: 3,
      run: async (each) => {
        if (each.jobs.length === 2) throw new Error('lost');
        for (let turns = 50; turns > 0; turns--) await undefined;
        landed++;
        return evaluateTile(each);
      },
    };
    await expect(collect([tile(1), tile(1, 2), tile(3)], runner)).rejects.toThrow('lost');
    expect(landed).toBe(2);
  });

  it('makes no tile after the signal', async () => {
    const abort = new AbortController();
    let made = 0;
    const tiles = function* () {
      for (; made < 9; made++) {
        if (made === 2) abort.abort(new Error('enough'));
        yield tile(made);
      }
    };
    await expect(collect(tiles(), inlineRunner, abort.signal)).rejects.toThrow('enough');
    expect(made).toBe(2);
  });
});
