// Choosing channels under many equal-count constraints whose blocks are runs of one common order (the stages of a ShuffleNet v1, linked by
// their concatenated shortcuts). Once every division has its count, the number of survivors between any two block borders is fixed.

/** A division of some channels into equal blocks, as borders in the common order. */
export interface Division {
  /** Borders start … end of the consecutive blocks: blocks + 1 positions. */
  readonly borders: readonly number[];
}

/**
 * The divisions as borders in one order of the channels; undefined when there is no such order. The order is that of the division
 * with the most channels; the blocks of the others must be runs in it, one behind the other.
 */
export function findCommonOrder(
  divisions: readonly (readonly (readonly number[])[])[],
): { readonly order: readonly number[]; readonly divisions: readonly Division[] } | undefined {
  const widest = divisions.reduce((a, b) => (b.flat().length > a.flat().length ? b : a));
  const order = widest.flat();
  const position = new Map(order.map((id, i) => [id, i]));
  const result: Division[] = [];
  for (const blocks of divisions) {
    const runs = blocks.map((block) => {
      const places = block.map((id) => position.get(id) ?? Number.NaN).sort((a, b) => a - b);
      const isRun = places.length > 0 && places.every((place, i) => place === places[0]! + i);
      return isRun ? { from: places[0]!, to: places[0]! + places.length } : undefined;
    });
    if (runs.includes(undefined)) return undefined;
    const sorted = runs.map((run) => run!).sort((a, b) => a.from - b.from);
    if (sorted.some((run, i) => i > 0 && run.from !== sorted[i - 1]!.to)) return undefined;
    result.push({ borders: [...sorted.map((run) => run.from), sorted.at(-1)!.to] });
  }
  return { order, divisions: result };
}

/**
 * How many channels survive before each position that some border fixes, when division d keeps `counts[d]` in each block.
 * Undefined when the counts contradict each other. Positions without a fixed number are absent.
 */
export function survivorsBefore(
  divisions: readonly Division[],
  counts: readonly number[],
  least: (from: number, to: number) => number,
): readonly { readonly position: number; readonly kept: number }[] | undefined {
  const known = new Map<number, number>([[0, 0]]);
  for (let changed = true; changed; ) {
    changed = false;
    for (const [d, { borders }] of divisions.entries()) {
      const anchor = borders.findIndex((border) => known.has(border));
      if (anchor < 0) continue;
      const start = known.get(borders[anchor]!)! - anchor * counts[d]!;
      for (const [i, border] of borders.entries()) {
        const kept = start + i * counts[d]!;
        const before = known.get(border);
        if (before === undefined) {
          known.set(border, kept);
          changed = true;
        } else if (before !== kept) return undefined;
      }
    }
  }
  if (divisions.some(({ borders }) => !known.has(borders[0]!))) return undefined;
  const fixed = [...known]
    .map(([position, kept]) => ({ position, kept }))
    .sort((a, b) => a.position - b.position);
  for (let i = 1; i < fixed.length; i++) {
    const [from, to] = [fixed[i - 1]!, fixed[i]!];
    const kept = to.kept - from.kept;
    if (kept < least(from.position, to.position) || kept > to.position - from.position) return undefined;
  }
  return fixed;
}

/** All ways to take one candidate per list, nearest to the first choices first; at most `limit` of them. */
export function* combinations(
  candidates: readonly (readonly number[])[],
  limit: number,
): Generator<readonly number[]> {
  const ranks = candidates.map((list) =>
    Math.min(list.length, Math.max(1, Math.floor(limit ** (1 / candidates.length)))),
  );
  const total = ranks.reduce((a, b) => a * b, 1);
  const all = Array.from({ length: total }, (_, code) => {
    let rest = code;
    return ranks.map((count) => {
      const pick = rest % count;
      rest = Math.floor(rest / count);
      return pick;
    });
  });
  const distance = (picks: readonly number[]): number => picks.reduce((sum, pick) => sum + pick * pick, 0);
  all.sort((a, b) => distance(a) - distance(b));
  for (const picks of all) yield picks.map((pick, list) => candidates[list]![pick]!);
}
