import { describe, expect, it } from 'vitest';
import type { BlockConstraint, Coupling } from '../coupling/coupling.ts';
import { balance, linkConstraints } from './balance.ts';

/** Only the constraints of a coupling matter here. */
const couplingOf = (...constraints: readonly (readonly (readonly number[])[])[]): Coupling => ({
  classes: [],
  groups: [],
  uses: [],
  constraints: constraints.map(
    (blocks, node): BlockConstraint => ({ node, side: 'in', blocks: blocks.map((b) => Int32Array.from(b)) }),
  ),
  flow: [],
  reasons: [],
  values: new Map(),
  tangled: new Map(),
  detours: [],
  branches: [],
});

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
const none = { maxRatio: 1, roundTo: 1 };
const nothing = (): boolean => false;

/** Kept classes, ascending; scores are the class numbers: high ones stay. */
function keep(
  coupling: Coupling,
  gone: readonly number[],
  limits = none,
  mustKeep: (label: number) => boolean = nothing,
): readonly number[] {
  const [set] = linkConstraints(coupling);
  const kept = balance(
    set!,
    (label) => !gone.includes(label),
    (label) => label,
    mustKeep,
    limits,
  );
  return [...kept].sort((a, b) => a - b);
}

describe('linkConstraints', () => {
  it('joins constraints that share classes, however long the chain, and knows equal divisions', () => {
    const sets = linkConstraints(
      couplingOf(
        [
          [0, 1],
          [2, 3],
        ],
        [
          [8, 9],
          [10, 11],
        ],
        [
          [4, 5],
          [6, 7],
        ],
        [
          [0, 1],
          [2, 3],
        ],
        [
          [3, 4],
          [7, 0],
        ],
      ),
    );
    expect(
      sets.map(({ classes, partitions }) => [[...classes].sort((a, b) => a - b), partitions.length]),
    ).toEqual([
      [range(0, 8), 3],
      [range(8, 12), 1],
    ]);
  });

  it('takes every class of a set that must stay whole, also those that repeat in their blocks', () => {
    const [set] = linkConstraints(
      couplingOf(
        [
          [0, 0],
          [1, 2],
        ],
        [
          [2, 3],
          [4, 5],
        ],
      ),
    );
    expect(set?.method).toBe('whole');
    expect([...set!.classes].sort((a, b) => a - b)).toEqual(range(0, 6));
    const [repeated] = linkConstraints(
      couplingOf([
        [0, 0],
        [1, 1],
      ]),
    );
    expect(repeated?.classes).toEqual([0, 1]);
  });

  it('ignores fixed positions, but only where all blocks hold as many', () => {
    expect(
      linkConstraints(
        couplingOf([
          [0, -1],
          [1, -1],
        ]),
      )[0],
    ).toMatchObject({ classes: [0, 1], method: 'transport' });
    expect(
      linkConstraints(
        couplingOf([
          [0, -1],
          [1, 2],
        ]),
      )[0],
    ).toMatchObject({ method: 'whole' });
  });
});

describe('balance', () => {
  const blocks = couplingOf([range(0, 4), range(4, 8)]);

  it('keeps the mean of the wished counts in each block, the best channels first', () => {
    expect(keep(blocks, [0, 1, 2, 3])).toEqual([2, 3, 6, 7]);
    expect(keep(blocks, [0, 4])).toEqual([1, 2, 3, 5, 6, 7]);
    expect(keep(blocks, [])).toEqual(range(0, 8));
    expect(keep(blocks, range(0, 8))).toEqual([3, 7]);
  });

  it('keeps protected channels', () => {
    expect(keep(blocks, range(0, 8), none, (label) => label === 0)).toEqual([0, 7]);
    expect(keep(blocks, range(0, 8), none, (label) => label < 3)).toEqual([0, 1, 2, 5, 6, 7]);
  });

  it('rounds the width of all blocks together', () => {
    expect(keep(blocks, [0, 4], { ...none, roundTo: 4 })).toHaveLength(8);
    expect(keep(blocks, [0, 1, 4, 5], { ...none, roundTo: 4 })).toHaveLength(4);
    expect(keep(blocks, [0, 1, 4, 5], { ...none, roundTo: 8 })).toHaveLength(8);
  });

  it('keeps the least share of a block', () => {
    expect(keep(blocks, range(0, 8), { ...none, maxRatio: 0.5 })).toEqual([2, 3, 6, 7]);
    expect(keep(blocks, range(0, 8), { ...none, maxRatio: 0 })).toEqual(range(0, 8));
  });

  it('satisfies the two sides of a shuffle at once', () => {
    // Nine channels in rows and in columns: two of each row and of each column stay.
    const rows = [0, 1, 2].map((r) => [0, 1, 2].map((c) => 3 * r + c));
    const columns = [0, 1, 2].map((c) => [0, 1, 2].map((r) => 3 * r + c));
    const kept = keep(couplingOf(rows, columns), [0, 1, 2]);
    for (const block of [...rows, ...columns])
      expect(block.filter((id) => kept.includes(id))).toHaveLength(2);
    expect(kept).toHaveLength(6);
  });

  it('counts fixed positions as kept', () => {
    const fixed = couplingOf([
      [0, 1, -1],
      [2, 3, -1],
    ]);
    expect(keep(fixed, [0, 1, 2, 3])).toEqual([]);
    expect(keep(fixed, [0, 2])).toEqual([1, 3]);
  });

  it('follows more than two divisions that are runs of one order', () => {
    const divide = (parts: number) =>
      Array.from({ length: parts }, (_, b) => range((12 / parts) * b, (12 / parts) * (b + 1)));
    const half = keep(couplingOf(divide(2), divide(3), divide(6)), range(0, 6));
    expect(half).toEqual([1, 3, 5, 7, 9, 11]);
    // No width below twelve is a multiple of two, three and four.
    expect(keep(couplingOf(divide(2), divide(3), divide(4)), [0])).toEqual(range(0, 12));
  });

  it('leaves a set whole that no method follows', () => {
    const whole = couplingOf(
      [
        [0, 0],
        [1, 2],
      ],
      [
        [2, 3],
        [4, 5],
      ],
    );
    expect(keep(whole, range(0, 6))).toEqual(range(0, 6));
  });
});
