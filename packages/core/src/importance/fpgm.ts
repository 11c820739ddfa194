// FPGM: filters near the geometric median of their layer can be replaced by the others.
import type { CriterionInput, ImportanceProgress, MemberScores } from './criterion.ts';
import { createFilterViews, type FilterView, gatherKernels, isFilterBank } from './filter-view.ts';
import { scoreRows } from './magnitude.ts';

/** Multiplications between two progress events, about a tenth of a second. */
const STRIDE = 1e8;

/**
 * FPGM, "Filter Pruning via Geometric Median for Deep Neural Networks Acceleration" (CVPR 2019): the sum of a filter's L2 distances to
 * all filters of its layer. A member is a weight. Costs filters² · filter size per layer: noticeable for the wide matrices of classifiers.
 */
export async function* scoreFpgm({
  coupling,
  weights,
  options,
}: CriterionInput): AsyncGenerator<ImportanceProgress, readonly MemberScores[]> {
  const viewOf = createFilterViews(weights);
  const banks = coupling.uses.filter(isFilterBank);
  const total = banks.reduce((sum, use) => sum + countProducts(viewOf(use)), 0);
  const members: MemberScores[] = [];
  let done = 0;
  let reported = 0;
  for (const use of banks) {
    const rows = sumDistances(viewOf(use));
    let row = rows.next();
    for (; !row.done; row = rows.next()) {
      done += row.value;
      if (done - reported < STRIDE && done < total) continue;
      options.signal?.throwIfAborted();
      reported = done;
      yield { type: 'importance.progress', done, total };
    }
    members.push(scoreRows(use, row.value));
  }
  return members;
}

function countProducts({ positions, items, taps }: FilterView): number {
  return ((positions * (positions - 1)) / 2) * items.length * taps.length;
}

/** Yields the products behind it after each filter. */
function* sumDistances(view: FilterView): Generator<number, Float64Array> {
  const filters = Array.from({ length: view.positions }, (_, row) => gatherKernels(view, row).data);
  const sums = new Float64Array(filters.length);
  for (let i = 0; i + 1 < filters.length; i++) {
    const a = filters[i]!;
    for (let j = i + 1; j < filters.length; j++) {
      const distance = measureDistance(a, filters[j]!);
      sums[i]! += distance;
      sums[j]! += distance;
    }
    yield (filters.length - 1 - i) * a.length;
  }
  return sums;
}

function measureDistance(a: Float64Array, b: Float64Array): number {
  // Four independent sums: one alone would wait for its own last addition.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const even = a.length - (a.length % 4);
  for (let e = 0; e < even; e += 4) {
    const d0 = a[e]! - b[e]!;
    const d1 = a[e + 1]! - b[e + 1]!;
    const d2 = a[e + 2]! - b[e + 2]!;
    const d3 = a[e + 3]! - b[e + 3]!;
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (let e = even; e < a.length; e++) s0 += (a[e]! - b[e]!) ** 2;
  return Math.sqrt(s0 + s1 + s2 + s3);
}
