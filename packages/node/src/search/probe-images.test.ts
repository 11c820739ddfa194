import { type Dataset, GraphBuilder, type Target, UNTOUCHED } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { type ProbeImagesOptions, readProbeImages, rowsOf } from './probe-images.ts';
import { engine, noiseSet } from './probed-nets.case.ts';

/** Position and class at once: the class is the position modulo 4. */
const labelOf = (position: number): Target => ({ kind: 'class', index: position % 4 });

async function read(
  dataset: Dataset,
  wishes: Partial<ProbeImagesOptions> = {},
  batch: number | string = 'N',
) {
  const g = new GraphBuilder();
  g.output(g.node('Relu', [g.input('x', [batch, 3, 4, 4])]));
  const session = await engine.load(g.model());
  try {
    return await readProbeImages(session, { dataset, preprocess: UNTOUCHED, seed: 0, ...wishes });
  } finally {
    await session.close();
  }
}

/** The first number of each sample, which tells it from the others. */
const marks = (batches: Awaited<ReturnType<typeof read>>): readonly number[] =>
  batches.flatMap(({ feeds, targets }) => targets.map((_, row) => Number(feeds.x!.data[48 * row])));

const sizes = (batches: Awaited<ReturnType<typeof read>>): readonly number[] => batches.map(rowsOf);

describe('readProbeImages', () => {
  it('makes ten batches where 32 samples each would make fewer, and leaves the rest out', async () => {
    expect(sizes(await read(noiseSet(47)))).toEqual(Array(11).fill(4));
    expect(sizes(await read(noiseSet(330)))).toEqual(Array(10).fill(32));
    expect(sizes(await read(noiseSet(7)))).toEqual(Array(7).fill(1));
  });

  it('takes the batch it is told, unless the model insists on one', async () => {
    expect(sizes(await read(noiseSet(20), { batch: 6 }))).toEqual([6, 6, 6]);
    expect(sizes(await read(noiseSet(20), { batch: 6 }, 8))).toEqual([8, 8]);
  });

  it('fills up the only batch there is', async () => {
    const [batch, ...others] = await read(noiseSet(3), {}, 8);
    expect(others).toEqual([]);
    expect(batch!.targets).toHaveLength(3);
    expect(rowsOf(batch!)).toBe(8);
    expect(batch!.feeds.x!.data.slice(3 * 48).every((value) => value === 0)).toBe(true);
  });

  it('shuffles by the seed, and reads every sample once', async () => {
    const [first, again, other] = [
      await read(noiseSet(40)),
      await read(noiseSet(40)),
      await read(noiseSet(40), { seed: 1 }),
    ].map(marks);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect([...other!].sort()).toEqual([...first!].sort());
    expect(new Set(first).size).toBe(40);
  });

  it('keeps each sample with its target', async () => {
    const set = noiseSet(12, labelOf);
    const batches = await read(set, { batch: 3 });
    const found = marks(batches).map((mark, i) => ({
      mark,
      target: batches.flatMap(({ targets }) => targets)[i],
    }));
    for (let position = 0; position < 12; position++) {
      const { input, target } = await set.sampleAt(position);
      const mark = input.kind === 'array' ? Number(input.array.data[0]) : Number.NaN;
      expect(found).toContainEqual({ mark, target });
    }
  });

  it('gives every class its share of a limit', async () => {
    // Sorted by class, as folders are: the first samples alone would all be of one class.
    const byClass = (position: number): Target => ({ kind: 'class', index: Math.floor(position / 20) });
    const set: Dataset = {
      ...noiseSet(80, byClass),
      classLabels: async () =>
        Array.from({ length: 80 }, (_, i) => ({ id: String(i), index: Math.floor(i / 20) })),
    };
    const batches = await read(set, { limit: 8 });
    const classes = batches.flatMap(({ targets }) => targets.map((t) => (t.kind === 'class' ? t.index : -1)));
    expect(classes.sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });

  it('refuses a set without samples', async () => {
    await expect(read(noiseSet(0))).rejects.toMatchObject({ kind: 'data', code: 'data.empty' });
  });

  it('stops when it is aborted', async () => {
    await expect(read(noiseSet(20), { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});
