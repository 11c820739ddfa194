import { describe, expect, it } from 'vitest';
import { FIXED, type Use } from './coupling.ts';
import { formGroups } from './groups.ts';

const kernel = { out: 0, in: 1, spatial: [], flipped: false };
const use = (id: number, node: number, role: Use['role'], labels: readonly number[], bare = false): Use => {
  const data = Int32Array.from(labels);
  return {
    id,
    node,
    input: 1,
    value: `w${node}`,
    role,
    axis: 0,
    labels: data,
    flow: data,
    ...(!bare && { kernel }),
  };
};
const free = (count: number): number[] => new Array<number>(count).fill(-1);
const shown = ({ groups }: ReturnType<typeof formGroups>) =>
  groups.map(({ root, classes, incidence }) => [
    root,
    [...classes],
    incidence.map((i) => `${i.use}x${i.count}`),
  ]);

describe('formGroups', () => {
  it('joins classes with the same uses, in the order of the root', () => {
    const uses = [
      use(0, 3, 'produce', [2, 0, 1]),
      use(1, 3, 'produce', [2, 0, 1], true),
      use(2, 5, 'consume', [0, 1, 2]),
    ];
    expect(shown(formGroups(free(3), uses, []))).toEqual([[3, [2, 0, 1], ['0x1', '1x1', '2x1']]]);
  });
  it('tells classes of one layer apart by who reads them', () => {
    const uses = [
      use(0, 0, 'produce', [0, 1, 2, 3]),
      use(1, 1, 'consume', [0, 1]),
      use(2, 2, 'consume', [2, 3, 2, 3]),
    ];
    const result = formGroups(free(4), uses, []);
    expect(shown(result)).toEqual([
      [0, [0, 1], ['0x1', '1x1']],
      [0, [2, 3], ['0x1', '2x2']],
    ]);
    expect([...result.groupOf]).toEqual([0, 0, 1, 1]);
  });
  it('tells classes apart by how often they occur', () => {
    const uses = [use(0, 0, 'produce', [0, 1]), use(1, 1, 'consume', [0, 0, 1, FIXED])];
    expect(formGroups(free(2), uses, []).groups).toHaveLength(2);
  });
  it('keeps frozen classes and those frozen for another reason apart', () => {
    const { groups } = formGroups([-1, 4, 4, 7], [use(0, 0, 'produce', [0, 1, 2, 3])], []);
    expect(groups.map(({ classes, frozen, reason }) => [[...classes], frozen, reason])).toEqual([
      [[0], false, -1],
      [[1, 2], true, 4],
      [[3], true, 7],
    ]);
  });
  it('has no root where no weight makes the classes, and lists these groups last', () => {
    const uses = [use(0, 1, 'pass', [0], true), use(1, 2, 'produce', [1])];
    expect(formGroups(free(2), uses, []).groups.map((group) => group.root)).toEqual([2, -1]);
  });
  it('takes no depthwise weight for a root', () => {
    const uses = [use(0, 1, 'produce', [0]), use(1, 2, 'produce', [0])];
    const depthwise = { base: 0, count: 1, node: 1, kind: 'depthwise', sources: [], use: 0 } as const;
    expect(formGroups(free(1), uses, [depthwise]).groups[0]!.root).toBe(2);
  });
});
