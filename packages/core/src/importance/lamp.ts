// LAMP at the level of filters.
import type { CriterionInput, MemberScores } from './criterion.ts';
import { createFilterViews, isFilterBank, measureMasses } from './filter-view.ts';
import { scoreRows } from './magnitude.ts';

/**
 * LAMP, "Layer-adaptive Sparsity for the Magnitude-based Pruning" (ICLR 2021), with filters in place of weights: the squared norm of a
 * filter over the sum of the squared norms of all filters of its layer that are not smaller. In (0, 1]; the largest filter scores 1
 * unless another equals it, so no layer is emptied first. A layer of zeros scores 0. A member is a weight.
 */
export function scoreLamp({ coupling, weights }: CriterionInput): readonly MemberScores[] {
  const viewOf = createFilterViews(weights);
  return coupling.uses
    .filter(isFilterBank)
    .map((use) => scoreRows(use, shareOfLarger(measureMasses(viewOf(use), 'l2'))));
}

function shareOfLarger(squares: Float64Array): Float64Array {
  const order = Array.from(squares.keys()).sort((a, b) => squares[b]! - squares[a]!);
  const shares = new Float64Array(squares.length);
  let larger = 0;
  for (let from = 0; from < order.length; ) {
    const square = squares[order[from]!]!;
    let to = from; // equal norms are not smaller than each other: they share one sum
    while (to < order.length && squares[order[to]!] === square) to++;
    larger += square * (to - from);
    for (const row of order.slice(from, to)) shares[row] = larger === 0 ? 0 : square / larger;
    from = to;
  }
  return shares;
}
