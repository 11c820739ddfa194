import { describe, expect, it } from 'vitest';
import type { Group } from '../coupling/coupling.ts';
import { type Normalizer, normalizers, normalizeScores } from './normalizer.ts';

const group = (id: number, ...classes: number[]): Group => {
  return { id, classes: Int32Array.from(classes), root: 0, incidence: [], frozen: false, reason: -1 };
};
const coupling = { groups: [group(0, 0, 2), group(1, 1, 3)] };
const normalize = (scores: number[], normalizer: Normalizer) => [
  ...normalizeScores(coupling, Float64Array.from(scores), normalizer),
];

describe('normalizeScores', () => {
  it.each<[Normalizer, number[]]>([
    ['none', [3, 10, 4, 30]],
    ['mean', [3 / 3.5, 0.5, 4 / 3.5, 1.5]],
    ['sum', [3 / 7, 0.25, 4 / 7, 0.75]],
    ['max', [0.75, 1 / 3, 1, 1]],
    ['l2', [0.6, 10 / Math.hypot(10, 30), 0.8, 30 / Math.hypot(10, 30)]],
    ['gaussian', [-1, -1, 1, 1]],
    ['min-max', [0, 0, 1, 1]],
  ])('%s works group by group', (normalizer, expected) => {
    const scores = normalize([3, 10, 4, 30], normalizer);
    expected.forEach((x, i) => {
      expect(scores[i]).toBeCloseTo(x, 12);
    });
  });

  it.each(normalizers.filter((name) => name !== 'none'))(
    '%s makes a group of zeros 0 and leaves classes that stay out of it',
    (normalizer) => {
      const scores = normalize([0, 5, 0, Infinity], normalizer);
      expect([scores[0], scores[2], scores[3]]).toEqual([0, 0, Infinity]);
      expect(Number.isFinite(scores[1])).toBe(true);
    },
  );

  it('leaves a group without any judged class as it is', () => {
    expect(normalize([1, Infinity, 3, Infinity], 'mean')).toEqual([0.5, Infinity, 1.5, Infinity]);
  });
});
