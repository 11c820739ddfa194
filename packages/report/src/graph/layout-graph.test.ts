import { createRandom } from '@espalier/core';
import { expect, it } from 'vitest';
import type { GraphNode } from './layer-graph.ts';
import { layoutGraph } from './layout-graph.ts';

const graph = (...readers: readonly (readonly number[])[]): readonly GraphNode[] =>
  readers.map((list, index) => ({ layers: [index], readers: list }));
const layout = (nodes: readonly GraphNode[], reach = 10) =>
  layoutGraph(
    nodes,
    nodes.map(() => reach),
  );

it('puts a chain on one line, rank after rank', () => {
  const { nodes, pieces, ranks, extent } = layout(graph([1], [2], []));
  expect(nodes.map(({ rank }) => rank)).toEqual([0, 1, 2]);
  expect(new Set(nodes.map(({ y }) => y)).size).toBe(1);
  expect(pieces.every(({ ends }) => ends)).toBe(true);
  expect([ranks, extent[1] - extent[0]]).toEqual([3, 20]);
});

it('takes the longest way, and a lane past what lies between', () => {
  const { nodes, pieces } = layout(graph([1, 2], [2], []));
  expect(nodes.map(({ rank }) => rank)).toEqual([0, 1, 2]);
  const lane = pieces.find(({ ends }) => !ends)!.to;
  expect(lane.rank).toBe(1);
  expect(Math.abs(lane.y - nodes[1]!.y)).toBeGreaterThanOrEqual(10);
});

it('makes one trunk of edges that lead to the same readers', () => {
  // A dense block: every node reads all before it.
  const count = 8;
  const dense = graph(
    ...Array.from({ length: count }, (_, i) => Array.from({ length: count - i - 1 }, (_, k) => i + k + 1)),
  );
  const { pieces } = layout(dense);
  const lanes = new Set(pieces.filter(({ ends }) => !ends).map(({ to }) => to));
  expect(lanes.size).toBe(count - 2);
});

it('lets nothing overlap, and joins neighbouring ranks only', () => {
  const random = createRandom(5);
  const nodes = graph(
    ...Array.from({ length: 40 }, (_, i) => [
      ...new Set(Array.from({ length: 3 }, () => i + 1 + random.integer(9)).filter((reader) => reader < 40)),
    ]),
  );
  const { nodes: places, pieces } = layout(nodes);
  for (const { from, to } of pieces) expect(to.rank).toBe(from.rank + 1);
  const all = [...new Set([...places, ...pieces.flatMap(({ from, to }) => [from, to])])];
  for (const [index, one] of all.entries()) {
    for (const other of all.slice(0, index)) {
      if (one.rank !== other.rank) continue;
      expect(Math.abs(one.y - other.y)).toBeGreaterThan(one.reach + other.reach - 1e-6);
    }
  }
  // Every reader is reached from every node that it reads.
  const reached = (from: object): ReadonlySet<object> => {
    const seen = new Set<object>();
    const walk = (place: object): void => {
      for (const piece of pieces) {
        if (piece.from !== place || seen.has(piece.to)) continue;
        seen.add(piece.to);
        if (!piece.ends) walk(piece.to);
      }
    };
    walk(from);
    return new Set([...seen].filter((place) => places.includes(place as (typeof places)[number])));
  };
  for (const [index, { readers }] of nodes.entries()) {
    expect(reached(places[index]!)).toEqual(new Set(readers.map((reader) => places[reader])));
  }
});
