import { describe } from 'vitest';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';

const gemm = (
  transA: number,
  transB: number,
  bias: readonly number[] | undefined,
  opset = 17,
): GradientCase => ({
  inputs: [transA ? [4, 2] : [2, 4]],
  opset,
  draw: (p, [x]) => {
    const weight = transB ? p.weight(3, 4) : p.weight(4, 3);
    const c = bias ? [p.weight(...bias)] : [];
    return p.op('Gemm', [x!, weight, ...c], { transA, transB, alpha: 0.7, beta: 1.3 });
  },
});

describe('Gemm', () => {
  for (const transA of [0, 1]) {
    for (const transB of [0, 1])
      describeGradient(`transA ${transA}, transB ${transB}`, gemm(transA, transB, [3]));
  }
  describeGradient('without bias', gemm(0, 1, undefined));
  describeGradient('a scalar bias', gemm(0, 1, []));
  describeGradient('a bias per row', gemm(1, 0, [2, 1]));
  describeGradient('a full bias', gemm(0, 0, [2, 3]));
  describeGradient('at opset 9', gemm(0, 1, [3], 9));
});

const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [3, 4],
  ],
  [[3], [3, 4]],
  [[2, 3], [3]],
  [[3], [3]],
  [
    [2, 5, 3],
    [3, 4],
  ],
  [[2, 2, 5, 3], [3]],
  [[3], [2, 3, 4]],
  [
    [5, 3],
    [2, 3, 4],
  ],
  [
    [2, 2, 5, 3],
    [2, 2, 3, 4],
  ],
  [
    [2, 1, 5, 3],
    [1, 3, 3, 2],
  ],
  [
    [2, 5, 3],
    [4, 1, 3, 2],
  ],
];

describe('MatMul', () => {
  for (const [a, b] of shapes) {
    describeGradient(`[${a}] · [${b}]`, { inputs: [a, b], draw: (p, [x, y]) => p.op('MatMul', [x!, y!]) });
  }
  describeGradient('a weight on the left', {
    inputs: [[2, 3, 2]],
    opset: 9,
    draw: (p, [x]) => p.op('MatMul', [p.weight(4, 3), x!]),
  });
});
