import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dominates, findDominators, type Respect } from './pareto.ts';

type Point = readonly [number, number, number];

const respects: readonly Respect<Point>[] = [
  { better: 'lower', numberOf: ([drop]) => drop },
  { better: 'higher', numberOf: ([, speed]) => speed },
  { better: 'lower', numberOf: ([, , bytes]) => bytes },
];

/** Few values, so that many are equal. */
const points = fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 12 });

const membersOf = (items: readonly Point[]): readonly Point[] => {
  const dominators = findDominators(items, respects);
  return items.filter((_, i) => dominators[i] === null);
};

describe('findDominators', () => {
  it('knows each respect by its direction, and keeps what is equal', () => {
    const items: Point[] = [
      [0, 1, 9],
      [1, 2, 9],
      [1, 2, 9],
      [1, 1, 9],
      [2, 2, 9],
      [2, 2, 8],
    ];
    expect(findDominators(items, respects)).toEqual([null, null, null, 0, 1, null]);
  });

  it('knows a member that dominates everything else, and no member is dominated', () => {
    fc.assert(
      fc.property(points, (items) => {
        findDominators(items, respects).forEach((dominator, i) => {
          const others = items.filter((other) => dominates(other, items[i]!, respects));
          if (dominator === null) {
            expect(others).toEqual([]);
            return;
          }
          expect(dominates(items[dominator]!, items[i]!, respects)).toBe(true);
          expect(membersOf(items)).toContain(items[dominator]);
        });
        expect(membersOf(items).length).toBeGreaterThan(0);
      }),
    );
  });

  it('keeps the same members in any order', () => {
    const shuffled = points.chain((items) =>
      fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length })),
    );
    fc.assert(
      fc.property(shuffled, ([items, others]) => {
        const sorted = (list: readonly Point[]) => list.map(String).sort();
        expect(sorted(membersOf(others))).toEqual(sorted(membersOf(items)));
      }),
    );
  });
});
