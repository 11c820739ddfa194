import { describe, expect, it } from 'vitest';
import { makeNode } from '../graph/attributes.ts';
import { connectivity } from './connectivity.ts';
import type { Coupling, FlowStep, Use } from './coupling.ts';

/** Channels from … from + count − 1. */
const run = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** The two uses of a convolution's kernel, or only those that are given. */
function conv(node: number, reads: readonly number[], makes: readonly number[], extra: Partial<Use> = {}) {
  const kernel = { out: 0, in: 1, spatial: [2, 3], flipped: false };
  const base = { id: 0, node, input: 1, value: `w${node}`, kernel };
  const use = (role: 'consume' | 'produce', axis: number, flow: readonly number[]): Use => ({
    ...base,
    role,
    axis,
    labels: Int32Array.from(flow),
    flow: Int32Array.from(flow),
    ...extra,
  });
  return [
    ...(reads.length > 0 ? [use('consume', 1, reads)] : []),
    ...(makes.length > 0 ? [use('produce', 0, makes)] : []),
  ];
}

const step = (
  kind: FlowStep['kind'],
  node: number,
  base: number,
  count: number,
  ...sources: readonly (readonly number[])[]
): FlowStep => ({ kind, node, base, count, sources: sources.map((ids) => Int32Array.from(ids)) });

function rowsOf(nodeCount: number, uses: readonly Use[], flow: readonly FlowStep[]) {
  const nodes = run(0, nodeCount).map((i) => makeNode('Conv', [], [`c${i}`]));
  const coupling: Coupling = {
    classes: [],
    groups: [],
    uses: uses.map((use, id) => ({ ...use, id })),
    constraints: [],
    flow,
    reasons: [],
    values: new Map(),
    tangled: new Map(),
    detours: [],
    branches: [],
  };
  return connectivity({ nodes }, coupling);
}

describe('connectivity', () => {
  it('lists slots and sizes of a concatenation inside a concatenation as one flat list', () => {
    const rows = rowsOf(
      4,
      [
        ...conv(0, [-1, -1, -1], run(0, 2)),
        ...conv(1, run(0, 2), run(2, 3)),
        ...conv(2, run(2, 3), run(5, 4)),
        ...conv(3, [...run(5, 4), ...run(2, 3), ...run(0, 2)], run(9, 1)),
      ],
      [
        step('produce', 0, 0, 2),
        step('produce', 1, 2, 3),
        step('produce', 2, 5, 4),
        step('produce', 3, 9, 1),
      ],
    );
    expect(rows).toEqual([
      {
        node: 0,
        name: 'c0',
        consumers: [
          { node: 1, slot: 0 },
          { node: 3, slot: 2 },
        ],
        sizes: [],
      },
      {
        node: 1,
        name: 'c1',
        consumers: [
          { node: 2, slot: 0 },
          { node: 3, slot: 1 },
        ],
        sizes: [],
      },
      { node: 2, name: 'c2', consumers: [{ node: 3, slot: 0 }], sizes: [] },
      { node: 3, name: 'c3', consumers: [], sizes: [4, 3, 2] },
    ]);
  });

  it('lists a consumer once per copy when pyramid pooling joins a value with itself', () => {
    const rows = rowsOf(
      2,
      [...conv(0, [], run(0, 2)), ...conv(1, [0, 1, 0, 1, 0, 1], [])],
      [step('produce', 0, 0, 2)],
    );
    expect(rows[0]?.consumers).toEqual([
      { node: 1, slot: 0 },
      { node: 1, slot: 1 },
      { node: 1, slot: 2 },
    ]);
    expect(rows[1]?.sizes).toEqual([2, 2, 2]);
  });

  it('gives every summand of a residual sum the slot of the sum, through scales', () => {
    const flow = [
      step('produce', 0, 0, 2),
      step('produce', 1, 2, 2),
      step('scale', 2, 4, 2, [2, 3]),
      step('sum', 3, 6, 2, [0, 1], [4, 5]),
      step('produce', 4, 8, 3),
    ];
    const uses = [...conv(0, [], run(0, 2)), ...conv(1, [0, 1], run(2, 2)), ...conv(4, [], run(8, 3))];
    const rows = rowsOf(6, [...uses, ...conv(5, [8, 9, 10, 6, 7], [])], flow);
    expect(rows.map(({ node, consumers }) => [node, consumers])).toEqual([
      [
        0,
        [
          { node: 1, slot: 0 },
          { node: 5, slot: 1 },
        ],
      ],
      [1, [{ node: 5, slot: 1 }]],
      [4, [{ node: 5, slot: 0 }]],
      [5, []],
    ]);
    expect(rows.at(-1)?.sizes).toEqual([3, 2]);
  });

  it('counts the slots of a channel-padded shortcut by what arrives in them', () => {
    const flow = [step('produce', 0, 0, 2), step('pad', 1, 2, 1), step('pad', 1, 3, 1)];
    const rows = rowsOf(3, [...conv(0, [], [0, 1]), ...conv(2, [2, 0, 1, 3], [])], flow);
    expect(rows[0]?.consumers).toEqual([{ node: 2, slot: 1 }]);
    expect(rows[1]?.sizes).toEqual([1, 2, 1]);
  });

  it('makes a row of a depthwise convolution and sees through its multiplier', () => {
    const flow = [step('produce', 0, 0, 2), step('depthwise', 1, 2, 4, [0, 0, 1, 1])];
    const depthwise = conv(1, [0, 0, 1, 1], run(2, 4)).map((use) => ({ ...use, axis: 0 }));
    const rows = rowsOf(3, [...conv(0, [], [0, 1]), ...depthwise, ...conv(2, run(2, 4), [])], flow);
    expect(rows.map(({ consumers, sizes }) => [consumers, sizes])).toEqual([
      [[{ node: 1, slot: 0 }], []],
      [[{ node: 2, slot: 0 }], []],
      [[], []],
    ]);
  });

  it('puts the blocks of a grouped convolution in a row', () => {
    const block = (reads: readonly number[], from: number) =>
      conv(1, reads, [], { within: { axis: 0, from, to: from + 2 } });
    const rows = rowsOf(
      2,
      [...conv(0, [], run(0, 4)), ...block([2, 3], 2), ...block([0, 1], 0)],
      [step('produce', 0, 0, 4)],
    );
    expect(rows[0]?.consumers).toEqual([{ node: 1, slot: 0 }]);
    expect(rows[1]?.sizes).toEqual([]);
  });

  it('reads a flattened concatenation in front of a matrix as its parts', () => {
    const kernel = { out: 0, in: 1, spatial: [], flipped: false };
    const matrix = conv(2, [0, 0, 1, 1, 2, 2], [], { kernel });
    const rows = rowsOf(
      3,
      [...conv(0, [], [0, 1]), ...conv(1, [], [2]), ...matrix],
      [step('produce', 0, 0, 2), step('produce', 1, 2, 1)],
    );
    expect(rows.map(({ consumers, sizes }) => [consumers, sizes])).toEqual([
      [[{ node: 2, slot: 0 }], []],
      [[{ node: 2, slot: 1 }], []],
      [[], [4, 2]],
    ]);
  });

  it('leaves out nodes whose constants only scale the channels', () => {
    const pass = conv(1, [0, 1], []).map((use): Use => ({ ...use, role: 'pass' }));
    const flow = [step('produce', 0, 0, 2), step('scale', 1, 2, 2, [0, 1])];
    expect(rowsOf(2, [...conv(0, [], [0, 1]), ...pass], flow).map(({ node }) => node)).toEqual([0]);
  });
});
