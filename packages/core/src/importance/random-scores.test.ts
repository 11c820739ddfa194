import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { computeImportance } from './importance.ts';
import { startSketch } from './network-sketch.case.ts';

const pencil = startSketch(1);
pencil.conv(pencil.conv(pencil.input(1), 4, [3, 3]), 2, [3, 3]);
const { coupling, weights } = pencil.finish();

describe('random scores', () => {
  it('repeat for a seed, one per class', async () => {
    const score = (seed: number) =>
      computeImportance(coupling, weights, 'random', { random: createRandom(seed), normalizer: 'none' });
    expect(await score(5)).toEqual(await score(5));
    expect(await score(5)).not.toEqual(await score(6));
    expect(new Set(await score(5)).size).toBe(coupling.classes.length);
  });

  it('need a source', async () => {
    await expect(computeImportance(coupling, weights, 'random')).rejects.toMatchObject({
      code: 'importance.no-random',
    });
  });
});
