// Choosing channels under two equal-count constraints at once: every channel is an edge between a block of one side and a block of the
// other (a shuffle between two grouped layers); every block must keep its count. A transport problem with convex costs, solved exactly.

/** A channel with the block it belongs to on each side (−1: the side does not constrain it). */
export interface Edge {
  readonly id: number;
  readonly left: number;
  readonly right: number;
  /** The higher, the rather it is kept. Infinity: it must be kept. */
  readonly score: number;
}

/**
 * The ids to keep so that every left block keeps `leftCount` and every right block `rightCount`, with the largest total rank by score.
 * Undefined when no such choice exists or a must-keep channel would go. Successive shortest paths over the blocks.
 */
export function chooseBalanced(
  edges: readonly Edge[],
  leftBlocks: number,
  rightBlocks: number,
  leftCount: number,
  rightCount: number,
): ReadonlySet<number> | undefined {
  // Ranks instead of scores: exact comparisons. A protected channel outweighs all ranks together, a filled place all weights together.
  const ranked = [...edges].sort((a, b) => a.score - b.score || b.id - a.id);
  const protection = edges.length * (edges.length + 1);
  const bonus = (edges.length + 1) * (protection + 1);
  const weight = new Map(
    ranked.map((edge, rank) => [edge.id, edge.score === Infinity ? protection : rank + 1]),
  );
  // Node numbers: 0 source, 1 … left blocks, then right blocks, then the two free nodes, last the sink.
  const left = (block: number): number => (block < 0 ? leftBlocks + rightBlocks + 1 : 1 + block);
  const right = (block: number): number =>
    block < 0 ? leftBlocks + rightBlocks + 2 : 1 + leftBlocks + block;
  const sink = leftBlocks + rightBlocks + 3;
  const cells = new Map<string, { from: number; to: number; items: Edge[]; taken: number }>();
  for (const edge of ranked.toReversed()) {
    const key = `${edge.left}:${edge.right}`;
    const cell = cells.get(key) ?? { from: left(edge.left), to: right(edge.right), items: [], taken: 0 };
    cell.items.push(edge);
    cells.set(key, cell);
  }
  const terminals: { from: number; to: number; capacity: number; flow: number; cost: number }[] = [];
  for (let b = 0; b < leftBlocks; b++)
    terminals.push({ from: 0, to: left(b), capacity: leftCount, flow: 0, cost: -bonus });
  for (let b = 0; b < rightBlocks; b++)
    terminals.push({ from: right(b), to: sink, capacity: rightCount, flow: 0, cost: -bonus });
  terminals.push({ from: 0, to: left(-1), capacity: Infinity, flow: 0, cost: 0 });
  terminals.push({ from: right(-1), to: sink, capacity: Infinity, flow: 0, cost: 0 });

  for (;;) {
    const distance = new Float64Array(sink + 1).fill(Infinity);
    const via: (() => void)[] = [];
    const previous = new Int32Array(sink + 1).fill(-1);
    distance[0] = 0;
    const relax = (from: number, to: number, cost: number, push: () => void): boolean => {
      if (distance[from]! + cost >= distance[to]!) return false;
      distance[to] = distance[from]! + cost;
      previous[to] = from;
      via[to] = push;
      return true;
    };
    for (let changed = true, round = 0; changed && round <= sink + 1; round++) {
      changed = false;
      for (const arc of terminals) {
        if (arc.flow < arc.capacity && relax(arc.from, arc.to, arc.cost, () => arc.flow++)) changed = true;
        if (arc.flow > 0 && relax(arc.to, arc.from, -arc.cost, () => arc.flow--)) changed = true;
      }
      for (const cell of cells.values()) {
        const next = cell.items[cell.taken];
        if (next && relax(cell.from, cell.to, -weight.get(next.id)!, () => cell.taken++)) changed = true;
        const last = cell.items[cell.taken - 1];
        if (last && relax(cell.to, cell.from, weight.get(last.id)!, () => cell.taken--)) changed = true;
      }
    }
    if (!(distance[sink]! < 0)) break;
    for (let at = sink; at !== 0; at = previous[at]!) via[at]!();
  }
  if (terminals.some((arc) => arc.cost !== 0 && arc.flow < arc.capacity)) return undefined;
  const kept = new Set<number>();
  for (const cell of cells.values()) for (const edge of cell.items.slice(0, cell.taken)) kept.add(edge.id);
  return edges.some((edge) => edge.score === Infinity && !kept.has(edge.id)) ? undefined : kept;
}
