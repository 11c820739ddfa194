import { describe } from 'vitest';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';

const norm = (dims: readonly number[], more: Partial<GradientCase> = {}, attributes = {}): GradientCase => ({
  inputs: [dims],
  draw: (p, [x]) => {
    const size = dims[1]!;
    const variance = p.g.constant({ dims: [size], data: Array.from({ length: size }, (_, i) => 0.5 + i) });
    const inputs = [x!, p.weight(size), p.weight(size), p.fixed(size), variance];
    return p.op('BatchNormalization', inputs, { epsilon: 0.01, ...attributes });
  },
  ...more,
});

describe('with its own statistics', () => {
  describeGradient('of images', norm([2, 3, 2, 3]));
  describeGradient('of rows', norm([4, 3]));
  describeGradient('along one axis, opset 9', norm([2, 3, 4], { opset: 9 }));
});

describe('with those of the batch', () => {
  const batch = { normalization: 'batch', sameOutput: false } as const;
  describeGradient('of images', norm([3, 2, 2, 3], batch));
  describeGradient('of rows', norm([5, 3], batch));
  describeGradient('of volumes, opset 9', norm([2, 2, 2, 2, 2], { ...batch, opset: 9 }));
  describeGradient('at opset 18, behind a convolution', {
    ...batch,
    opset: 18,
    inputs: [[2, 2, 4, 4]],
    draw: (p, [x]) => {
      const y = p.op('Conv', [x!, p.weight(3, 2, 3, 3)]);
      const ones = p.g.constant({ dims: [3], data: [1, 1, 1] });
      const inputs = [y, p.weight(3), p.weight(3), p.fixed(3), ones];
      return p.op('Sigmoid', [p.op('BatchNormalization', inputs)]);
    },
  });
});
