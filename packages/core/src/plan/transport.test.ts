import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseBalanced, type Edge } from './transport.ts';

interface Instance {
  readonly edges: readonly Edge[];
  readonly left: number;
  readonly right: number;
  readonly leftCount: number;
  readonly rightCount: number;
}

/** Up to ten channels between up to three blocks on each side, scores 1 … n in any order, some channels protected, some sides free. */
const instances: fc.Arbitrary<Instance> = fc
  .record({ left: fc.integer({ min: 1, max: 3 }), right: fc.nat(3), count: fc.integer({ min: 1, max: 10 }) })
  .chain(({ left, right, count }) =>
    fc.record({
      left: fc.constant(left),
      right: fc.constant(right),
      leftCount: fc.nat(3),
      rightCount: fc.nat(3),
      edges: fc
        .tuple(
          fc.shuffledSubarray(
            Array.from({ length: count }, (_, i) => i + 1),
            { minLength: count },
          ),
          fc.array(
            fc.record({
              left: fc.integer({ min: right === 0 ? 0 : -1, max: left - 1 }),
              right: fc.integer({ min: -1, max: right - 1 }),
              must: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
            }),
            { minLength: count, maxLength: count },
          ),
        )
        .map(([scores, ends]) =>
          ends.map(({ must, ...end }, id): Edge => ({ id, ...end, score: must ? Infinity : scores[id]! })),
        ),
    }),
  );

/** The best choice, found by looking at all of them; undefined when none fits. */
function bruteForce({ edges, left, right, leftCount, rightCount }: Instance): number | undefined {
  let best: number | undefined;
  for (let mask = 0; mask < 1 << edges.length; mask++) {
    const kept = edges.filter((_, i) => mask & (1 << i));
    if (isBalanced(kept, { left, right, leftCount, rightCount }) && protects(edges, kept)) {
      const total = worth(edges, kept);
      if (best === undefined || total > best) best = total;
    }
  }
  return best;
}

/** Sum of ranks: how many channels of the instance score lower, each kept one counted by that. */
const worth = (edges: readonly Edge[], kept: readonly Edge[]): number =>
  kept.reduce((sum, { score }) => sum + 1 + edges.filter((other) => other.score < score).length, 0);

const protects = (edges: readonly Edge[], kept: readonly Edge[]): boolean =>
  edges.every((edge) => edge.score !== Infinity || kept.includes(edge));

function isBalanced(
  kept: readonly Edge[],
  { left, right, leftCount, rightCount }: Omit<Instance, 'edges'>,
): boolean {
  const holds = (side: 'left' | 'right', blocks: number, count: number): boolean =>
    Array.from({ length: blocks }, (_, b) => kept.filter((edge) => edge[side] === b).length).every(
      (n) => n === count,
    );
  return holds('left', left, leftCount) && holds('right', right, rightCount);
}

describe('chooseBalanced', () => {
  it('finds the best balanced choice where there is one, and only there', () => {
    let solved = 0;
    fc.assert(
      fc.property(instances, (instance) => {
        const { edges, left, right, leftCount, rightCount } = instance;
        const kept = chooseBalanced(edges, left, right, leftCount, rightCount);
        const best = bruteForce(instance);
        expect(kept === undefined).toBe(best === undefined);
        if (kept === undefined) return;
        solved++;
        const chosen = edges.filter(({ id }) => kept.has(id));
        expect(isBalanced(chosen, instance) && protects(edges, chosen)).toBe(true);
        expect(worth(edges, chosen)).toBe(best);
      }),
      { seed: 3, numRuns: 1000 },
    );
    expect(solved).toBeGreaterThan(150);
  });

  it('keeps a protected channel whatever the others are worth', () => {
    // Without protection 1, 3 and 5 are the better half of the cycle; keeping 0 brings 2 and 4 along.
    const edges = [
      { id: 0, left: 0, right: 0, score: Infinity },
      { id: 1, left: 0, right: 1, score: 4 },
      { id: 2, left: 1, right: 1, score: 1 },
      { id: 3, left: 1, right: 2, score: 5 },
      { id: 4, left: 2, right: 2, score: 2 },
      { id: 5, left: 2, right: 0, score: 6 },
    ];
    expect(chooseBalanced(edges, 3, 3, 1, 1)).toEqual(new Set([0, 2, 4]));
    const free = edges.map((edge) => ({ ...edge, score: edge.id === 0 ? 3 : edge.score }));
    expect(chooseBalanced(free, 3, 3, 1, 1)).toEqual(new Set([1, 3, 5]));
  });

  it('ranks scores of any size: infinities, huge and negative ones', () => {
    const scores = [-1e300, -1, 1e-300, 1e300];
    const edges = scores.map((score, id): Edge => ({ id, left: id % 2, right: -1, score }));
    expect(chooseBalanced(edges, 2, 0, 1, 0)).toEqual(new Set([2, 3]));
  });

  it('prefers the first of equals', () => {
    const edges = [0, 1, 2, 3].map((id): Edge => ({ id, left: 0, right: -1, score: 7 }));
    expect(chooseBalanced(edges, 1, 0, 2, 0)).toEqual(new Set([0, 1]));
  });

  it('needs enough channels in every block', () => {
    expect(chooseBalanced([{ id: 0, left: 0, right: -1, score: 1 }], 2, 0, 1, 0)).toBeUndefined();
  });
});
