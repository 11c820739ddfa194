import { describe, expect, it } from 'vitest';
import { createFlowPaths } from './flow-paths.ts';
import { startSketch } from './network-sketch.case.ts';
import { evaluateTile } from './pair-tiles.ts';
import { createPathKernels } from './path-kernels.ts';

/** conv -> depthwise -> conv, and what FSCL asks of its first channel. */
const draw = (first: number[], middle: number[], last: number[], norm: 'l1' | 'l2') => {
  const pencil = startSketch(3);
  const x = pencil.depthwise(pencil.conv(pencil.input(2), 3, first), middle);
  pencil.conv(x, 4, last);
  const { coupling, weights } = pencil.finish();
  const [path] = createFlowPaths(coupling, weights)(x.flow[0]!);
  const use = coupling.uses.find((each) => each.node === 2 && each.role === 'consume')!;
  return { kernels: createPathKernels(coupling, weights, norm, 'full'), path: path!, use };
};

describe('createPathKernels', () => {
  it.each([
    [
      [3, 3],
      [1, 1],
      [1, 1],
    ],
    [
      [3, 3],
      [3, 3],
      [1, 1],
    ],
    [
      [1, 1],
      [3, 3],
      [1, 1],
    ],
    [
      [1, 1],
      [1, 1],
      [3, 3],
    ],
  ])('%j %j %j: the closed form equals the pairs one by one', (...sizes) => {
    const { kernels, path, use } = draw(...(sizes as [number[], number[], number[]]), 'l1');
    const job = { a: kernels.filter(path), b: kernels.slice(use, 0) };
    const [sum] = evaluateTile({ mode: 'full', jobs: [job] });
    expect(kernels.measure(path, use, 0)).toBeCloseTo(sum!, 10);
  });

  it.each([
    [[3, 3], [1, 1], [3, 3], 2 * 4 * 81],
    [[1, 1], [3, 3], [3, 3], 1 * 4 * 81],
    [[3, 3], [3, 3], [3, 3], 2 * 4 * 225],
  ])('%j %j %j: L1 has none, L2 has', (first, middle, last, cost) => {
    const { kernels, path, use } = draw(first, middle, last, 'l1');
    expect(kernels.measure(path, use, 0)).toBeUndefined();
    expect(kernels.cost(path, use)).toBe(cost);
    expect(kernels.countPairs(path, use)).toBe(2 * 4);
    const energy = draw(first, middle, last, 'l2');
    expect(energy.kernels.measure(energy.path, energy.use, 0)).toBeGreaterThan(0);
  });
});
