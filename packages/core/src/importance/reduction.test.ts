import { describe, expect, it } from 'vitest';
import type { MemberScores } from './criterion.ts';
import { type Reduction, reduceMembers } from './reduction.ts';

const group = (id: number, root: number, ...classes: number[]) => {
  return { id, classes: Int32Array.from(classes), root, incidence: [], frozen: false, reason: -1 };
};
const coupling = {
  classes: [0, 0, 1, 2].map((group, id) => ({ id, group, frozen: -1 })),
  groups: [group(0, 4, 0, 1), group(1, -1, 2), group(2, 7, 3)],
};
const member = (producer: number, ...scores: [number, number][]): MemberScores => {
  return { producer, scores: new Map(scores) };
};

describe('reduceMembers', () => {
  const members = [member(9, [0, 5], [1, 1]), member(4, [0, 2], [1, 3]), member(4, [0, 8])];

  it.each<[Reduction, number, number]>([
    ['sum', 15, 4],
    ['mean', 5, 2],
    ['max', 8, 3],
    ['first', 2, 3],
  ])('%s', (reduction, first, second) => {
    expect([...reduceMembers(coupling, members, reduction)].slice(0, 2)).toEqual([first, second]);
  });

  it('gives padding 0 and keeps what no member judges', () => {
    expect([...reduceMembers(coupling, members, 'sum')].slice(2)).toEqual([0, Infinity]);
  });

  it('takes negative scores as they are', () => {
    expect(reduceMembers(coupling, [member(4, [0, -2]), member(5, [0, -3])], 'max')[0]).toBe(-2);
  });
});
