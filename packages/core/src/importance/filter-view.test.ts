import { describe, expect, it } from 'vitest';
import type { Use } from '../coupling/coupling.ts';
import { createFilterViews, gatherKernels, isFilterBank, measureMasses } from './filter-view.ts';
import type { WeightSource } from './weight-source.ts';

const source = (dims: readonly number[], data: readonly number[]): WeightSource => ({
  read: () => ({ dims, data: Float32Array.from(data) }),
  scaleFactors: () => undefined,
});
const makeUse = (use: Partial<Use>): Use => {
  const none = new Int32Array(0);
  return { id: 0, node: 0, input: 1, value: 'w', role: 'consume', axis: 1, labels: none, flow: none, ...use };
};
const conv = { out: 0, in: 1, spatial: [2], flipped: false };
const counting = Array.from({ length: 12 }, (_, i) => i); // [3, 2, 2]

describe('filter views', () => {
  const view = (use: Partial<Use>, dims = [3, 2, 2]) =>
    createFilterViews(source(dims, counting))(makeUse(use));

  it('shows rows and columns of a kernel as stacks', () => {
    const rows = view({ role: 'produce', axis: 0, kernel: conv });
    expect(gatherKernels(rows, 1)).toEqual({ dims: [2], count: 2, data: Float64Array.of(4, 5, 6, 7) });
    expect(rows.positions).toBe(3);
    const columns = view({ kernel: conv });
    expect(gatherKernels(columns, 1).data).toEqual(Float64Array.of(2, 3, 6, 7, 10, 11));
  });

  it('mirrors flipped kernels and keeps to the rows of a block', () => {
    const flipped = view({ kernel: { ...conv, flipped: true }, within: { axis: 0, from: 1, to: 3 } });
    expect(gatherKernels(flipped, 0).data).toEqual(Float64Array.of(5, 4, 9, 8));
  });

  it('takes axes of no known meaning as more kernels', () => {
    const stack = gatherKernels(view({}), 0);
    expect(stack).toEqual({ dims: [], count: 6, data: Float64Array.of(0, 1, 4, 5, 8, 9) });
  });

  it('measures masses the same along either axis order', () => {
    const columns = view({ kernel: conv });
    expect([...measureMasses(columns, 'l1')]).toEqual([0 + 1 + 4 + 5 + 8 + 9, 2 + 3 + 6 + 7 + 10 + 11]);
    const rows = view({ role: 'produce', axis: 0, kernel: conv });
    expect([...measureMasses(rows, 'l2')]).toEqual([1 + 4 + 9, 16 + 25 + 36 + 49, 64 + 81 + 100 + 121]);
    expect([...measureMasses(rows, 'l1', Int32Array.of(1))]).toEqual([1 + 3, 5 + 7, 9 + 11]);
  });

  it('tells filter banks from biases, readers and what passes', () => {
    expect(isFilterBank(makeUse({ role: 'produce', axis: 0, kernel: conv }))).toBe(true);
    expect(isFilterBank(makeUse({ role: 'produce', axis: 0 }))).toBe(false);
    expect(isFilterBank(makeUse({ kernel: conv }))).toBe(false);
    expect(isFilterBank(makeUse({ role: 'pass', axis: 0 }))).toBe(false);
  });
});
