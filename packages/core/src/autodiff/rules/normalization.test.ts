import { describe } from 'vitest';
import { float } from '../../graph/attribute-value.ts';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';

const scaled = (
  opType: string,
  dims: readonly number[],
  scale: readonly number[],
  attributes = {},
  opset = 17,
): GradientCase => ({
  inputs: [dims],
  opset,
  draw: (p, [x]) => p.op(opType, [x!, p.weight(...scale), p.weight(...scale)], attributes),
});

describe('InstanceNormalization', () => {
  describeGradient('of images', scaled('InstanceNormalization', [2, 3, 2, 3], [3], { epsilon: 0.1 }));
  describeGradient('along one axis', scaled('InstanceNormalization', [2, 3, 5], [3], {}, 8));
});

describe('LayerNormalization', () => {
  describeGradient('over the last axis', scaled('LayerNormalization', [2, 3, 4], [4]));
  describeGradient(
    'over two axes',
    scaled('LayerNormalization', [2, 3, 4], [3, 4], { axis: 1, epsilon: 0.1 }),
  );
  describeGradient('without bias', {
    inputs: [[2, 3, 4]],
    draw: (p, [x]) => p.op('LayerNormalization', [x!, p.weight(4)], { axis: -1 }),
  });
  describeGradient('in pieces', {
    inputs: [[2, 3, 4]],
    opset: 14,
    draw: (p, [x]) => {
      const centred = p.op('Sub', [x!, p.op('ReduceMean', [x!], { axes: [-1] })]);
      const variance = p.op('ReduceMean', [p.op('Pow', [centred, p.g.scalar(2)])], { axes: [-1] });
      const deviation = p.op('Sqrt', [p.op('Add', [variance, p.g.scalar(1e-5)])]);
      return p.op('Mul', [p.op('Div', [centred, deviation]), p.weight(4)]);
    },
  });
});

describe('GroupNormalization', () => {
  const groups = { num_groups: 2, epsilon: 0.1 };
  describeGradient('scales of channels', scaled('GroupNormalization', [2, 4, 2, 3], [4], groups, 21));
  describeGradient('scales of groups', scaled('GroupNormalization', [2, 4, 2, 3], [2], groups, 18));
});

describe('norms and local response', () => {
  const plain = (opType: string, attributes: object, dims = [2, 4, 2, 2]): GradientCase => ({
    inputs: [dims],
    values: 'apart',
    draw: (p, [x]) => p.op(opType, [x!], { ...attributes }),
  });
  describeGradient('LpNormalization', plain('LpNormalization', { axis: 1 }));
  describeGradient('LpNormalization, p = 1', plain('LpNormalization', { p: 1 }));
  const response = { alpha: 0.3, beta: 0.6, bias: float(1.2) };
  describeGradient('LRN of three channels', plain('LRN', { ...response, size: 3 }));
  describeGradient('LRN of five channels', plain('LRN', { ...response, size: 5 }, [1, 6, 2, 1]));
});
