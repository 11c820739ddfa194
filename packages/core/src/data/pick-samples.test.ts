import { expect, it } from 'vitest';
import { EspalierError } from '../errors.ts';
import type { Dataset, Sample } from './dataset.ts';
import { pickSamples } from './pick-samples.ts';

const data = Float32Array.of(0);
const sample = (position: number): Sample => ({
  id: String(position),
  input: { kind: 'array', array: { type: 'float32', dims: [1], data } },
  target: { kind: 'none' },
});

/** Ten samples, the third and the sixth corrupt. */
const dataset: Dataset = {
  name: 'ten',
  kind: 'images',
  size: 10,
  description: 'ten samples',
  choice: 'all',
  async *samples() {},
  async sampleAt(position) {
    if (position !== 2 && position !== 5) return sample(position);
    throw new EspalierError({ kind: 'data', code: 'data.corrupt-image', message: `${position} is corrupt` });
  },
};

async function idsOf(part: Dataset, limit?: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { id } of part.samples(limit === undefined ? {} : { limit })) ids.push(id);
  return ids;
}

it('yields the samples of its positions and passes over corrupt ones', async () => {
  const corrupt: number[] = [];
  const part = pickSamples(dataset, [1, 2, 3, 5, 8], (position) => corrupt.push(position));
  expect(part.size).toBe(5);
  expect(await idsOf(part)).toEqual(['1', '3', '8']);
  expect(corrupt).toEqual([2, 5]);
  expect((await part.sampleAt(4)).id).toBe('8');
});

it('fills a limit with others', async () => {
  const part = pickSamples(dataset, [2, 4], () => {});
  expect(await idsOf(part, 1)).toEqual(['4']);
});

it('lets other errors out', async () => {
  const broken = { ...dataset, sampleAt: () => Promise.reject(new Error('disk')) };
  await expect(idsOf(pickSamples(broken, [0], () => {}))).rejects.toThrow('disk');
});
