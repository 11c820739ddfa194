import { describe } from 'vitest';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';

const dims = [2, 3, 4];
const byAttribute = (opType: string, attributes = {}, opset = 11): GradientCase => ({
  inputs: [dims],
  opset,
  values: 'apart',
  draw: (p, [x]) => p.op(opType, [x!], attributes),
});
const byInput = (opType: string, axes: readonly number[], attributes = {}): GradientCase => ({
  inputs: [dims],
  opset: 18,
  values: 'apart',
  draw: (p, [x]) => p.op(opType, [x!, p.g.integers(axes)], attributes),
});
const SMOOTH = ['ReduceSum', 'ReduceMean', 'ReduceSumSquare', 'ReduceL2', 'ReduceLogSumExp'];
const KINKED = ['ReduceMax', 'ReduceMin', 'ReduceL1'];

for (const opType of [...SMOOTH, ...KINKED]) {
  describe(opType, () => {
    describeGradient('some axes', byAttribute(opType, { axes: [0, 2], keepdims: 0 }));
    describeGradient('all axes', byAttribute(opType));
    describeGradient('a negative axis, at opset 18', byInput(opType, [-1], { keepdims: 0 }));
    describeGradient('no axes', byInput(opType, [], { keepdims: 1 }));
  });
}

describe('rare forms', () => {
  describeGradient('ReduceSum that does nothing', byInput('ReduceSum', [], { noop_with_empty_axes: 1 }));
  describeGradient('ReduceSum by input since opset 13', { ...byInput('ReduceSum', [1]), opset: 13 });
  describeGradient('ReduceLogSum', { ...byAttribute('ReduceLogSum', { axes: [1] }), values: 'positive' });
});
