import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeImportance } from './importance.ts';
import { startSketch } from './network-sketch.case.ts';

const score = async (filters: readonly number[]) => {
  const pencil = startSketch(0, (node, i) => (node === 0 ? filters[i]! : 1));
  pencil.conv(pencil.conv(pencil.input(1), filters.length, [1]), 1, [1]);
  const net = pencil.finish();
  const scores = await computeImportance(net.coupling, net.weights, 'lamp', { normalizer: 'none' });
  return [...scores.slice(0, filters.length)];
};

describe('LAMP', () => {
  it('divides by the squares of the filters that are not smaller', async () => {
    expect(await score([2, -1, 3])).toEqual([4 / 13, 1 / 14, 1]);
  });

  it('shares one sum among equals and survives zeros', async () => {
    expect(await score([2, 2, 0])).toEqual([0.5, 0.5, 0]);
    expect(await score([0, 0])).toEqual([0, 0]);
  });

  it('ranks a layer as its norms do', async () => {
    const filters = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(filters, async (norms) => {
        const scores = await score(norms);
        const rank = (list: readonly number[]) => [...list.keys()].sort((a, b) => list[a]! - list[b]!);
        expect(rank(scores)).toEqual(rank(norms));
        expect(Math.max(...scores)).toBe(1);
      }),
      { numRuns: 30 },
    );
  });
});
