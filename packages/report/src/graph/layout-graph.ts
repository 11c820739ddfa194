// Where the nodes of a layered graph lie (after Methods for Visual Understanding of Hierarchical System Structures, 1981): ranks by the longest way from
// the start, places within a rank near the neighbours. An edge over several ranks runs in a lane; edges with the same readers still before them share one, so a
// residual sum and a growing concatenation are one trunk each.
import type { GraphNode } from './layer-graph.ts';

/** Something that takes room in a rank. */
export interface Place {
  readonly rank: number;
  /** Centre, and half of the room it takes. */
  readonly y: number;
  readonly reach: number;
}

/** A layout; `y` is in the unit of the reaches. */
export interface GraphLayout {
  /** One place per node. */
  readonly nodes: readonly Place[];
  /** Pieces of edges between neighbouring ranks; those that end at a node say so. */
  readonly pieces: readonly { readonly from: Place; readonly to: Place; readonly ends: boolean }[];
  readonly ranks: number;
  /** Upper and lower end of everything. */
  readonly extent: readonly [number, number];
}

/** Half of the room of a lane. */
const LANE = 4;
const SWEEPS = 12;

interface Item extends Place {
  y: number;
  before: Item[];
  after: Item[];
}

/** Lays out nodes in graph order; `reaches` are half of their heights. */
export function layoutGraph(nodes: readonly GraphNode[], reaches: readonly number[]): GraphLayout {
  const rankOf = rankNodes(nodes);
  const items: Item[] = nodes.map((_, index) => makeItem(rankOf[index]!, reaches[index]!));
  const ranks: Item[][] = [];
  for (const item of items) ranks[item.rank] = [...(ranks[item.rank] ?? []), item];
  const pieces = connect(nodes, rankOf, items, ranks);
  for (const rank of ranks)
    settle(
      rank,
      rank.map((_, index) => index),
    );
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForward = sweep % 2 === 0;
    for (const rank of isForward ? ranks : [...ranks].reverse()) {
      settle(
        rank,
        rank.map((item) => wishOf(item, isForward)),
      );
    }
  }
  const all = ranks.flat();
  return {
    ...{ nodes: items, pieces, ranks: ranks.length },
    extent: [
      Math.min(...all.map(({ y, reach }) => y - reach)),
      Math.max(...all.map(({ y, reach }) => y + reach)),
    ],
  };
}

/** Joins writers to readers, rank by rank; lanes are added to the ranks that they pass. */
function connect(
  nodes: readonly GraphNode[],
  rankOf: readonly number[],
  items: readonly Item[],
  ranks: readonly Item[][],
): GraphLayout['pieces'] {
  const pieces: { from: Item; to: Item; ends: boolean }[] = [];
  const join = (from: Item, to: Item, ends: boolean): void => {
    pieces.push({ from, to, ends });
    from.after.push(to);
    to.before.push(from);
  };
  let lanes = new Map<string, { readonly item: Item; readonly readers: readonly number[] }>();
  for (const rank of ranks.keys()) {
    const starting = nodes.flatMap(({ readers }, node) =>
      rankOf[node] === rank ? [{ item: items[node]!, readers }] : [],
    );
    const next: typeof lanes = new Map();
    for (const { item, readers } of [...starting, ...lanes.values()]) {
      const ahead: number[] = [];
      for (const reader of readers) {
        if (rankOf[reader] === rank + 1) join(item, items[reader]!, true);
        else ahead.push(reader);
      }
      if (ahead.length === 0) continue;
      const key = ahead.sort((a, b) => a - b).join();
      const lane = next.get(key) ?? { item: makeItem(rank + 1, LANE), readers: ahead };
      next.set(key, lane);
      join(item, lane.item, false);
    }
    ranks[rank + 1]?.push(...[...next.values()].map(({ item }) => item));
    lanes = next;
  }
  return pieces;
}

/** Longest way from a node that reads nothing. */
function rankNodes(nodes: readonly GraphNode[]): readonly number[] {
  const ranks = new Array<number>(nodes.length).fill(0);
  for (const [index, { readers }] of nodes.entries()) {
    for (const reader of readers) ranks[reader] = Math.max(ranks[reader]!, ranks[index]! + 1);
  }
  return ranks;
}

function makeItem(rank: number, reach: number): Item {
  return { rank, reach, y: 0, before: [], after: [] };
}

function wishOf({ y, before, after }: Item, isForward: boolean): number {
  const neighbours = isForward ? before : after;
  if (neighbours.length === 0) return y;
  return neighbours.reduce((sum, each) => sum + each.y, 0) / neighbours.length;
}

/** Puts the items of a rank as near to their wishes as they fit, in the order of the wishes (least squares, by pooling neighbours that overlap). */
function settle(rank: readonly Item[], wishes: readonly number[]): void {
  const order = rank.map((item, index) => ({ item, wish: wishes[index]! })).sort((a, b) => a.wish - b.wish);
  const offsets: number[] = [];
  for (const [index, { item }] of order.entries()) {
    offsets.push(index === 0 ? 0 : offsets[index - 1]! + order[index - 1]!.item.reach + item.reach);
  }
  const pools: { sum: number; count: number }[] = [];
  for (const [index, { wish }] of order.entries()) {
    let pool = { sum: wish - offsets[index]!, count: 1 };
    for (
      let last = pools.at(-1);
      last && last.sum / last.count >= pool.sum / pool.count;
      last = pools.at(-1)
    ) {
      pools.pop();
      pool = { sum: last.sum + pool.sum, count: last.count + pool.count };
    }
    pools.push(pool);
  }
  let index = 0;
  for (const { sum, count } of pools) {
    for (let member = 0; member < count; member++, index++)
      order[index]!.item.y = sum / count + offsets[index]!;
  }
}
