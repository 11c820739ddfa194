import { describe, expect, it } from 'vitest';
import { describeCut, type Pencil } from './operator.case.ts';
import { resolveReshape } from './reshape.ts';

const reshape = ({ op, g }: Pencil, value: string, ...dims: readonly number[]): string =>
  op('Reshape', [value, g.integers(dims)]);

describe('Reshape', () => {
  describeCut('with the channel count spelled out', {
    draw: (p, x) => {
      const rows = reshape(p, p.conv('a', x, [6, 3, 1, 1]), 1, 6, 36);
      return p.conv('b', reshape(p, p.op('Elu', [rows]), 1, 6, 6, 6), [2, 6, 1, 1]);
    },
    channels: { a: 'abcdef' },
  });
  describeCut('with 0 and −1', {
    draw: (p, x) => p.conv('b', reshape(p, p.conv('a', x, [6, 3, 1, 1]), 0, 0, -1), [2, 6, 1]),
    channels: { a: 'abcdef' },
  });
  describeCut('where the channel count is what −1 finds', {
    draw: (p, x) => p.conv('b', reshape(p, p.conv('a', x, [6, 3, 1, 1]), 1, -1, 36), [2, 6, 1]),
    channels: { a: 'abcdef' },
  });
  describeCut('that merges channels and positions', {
    draw: (p, x) => {
      const flat = reshape(p, p.conv('a', x, [4, 3, 3, 3]), 1, 64);
      return p.op('Gemm', [flat, p.weight(64, 2), p.weight(2)]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('that merges positions into the batch', {
    draw: (p, x) => {
      const last = p.op('Transpose', [p.conv('a', x, [4, 3, 1, 1])], { perm: [0, 2, 3, 1] });
      return p.op('MatMul', [reshape(p, last, -1, 4), p.weight(4, 2)]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('a channel shuffle between two layers', {
    draw: (p, x) => {
      const pairs = reshape(p, p.conv('a', x, [6, 3, 1, 1]), 0, 2, 3, 6, 6);
      const mixed = reshape(p, p.op('Transpose', [pairs], { perm: [0, 2, 1, 3, 4] }), 0, -1, 6, 6);
      return p.conv('b', mixed, [2, 6, 1, 1]);
    },
    channels: { a: 'abcdef' },
  });
  describeCut('a factor of the channels that is worked on must stay whole', {
    draw: (p, x) => {
      const pairs = reshape(p, p.conv('a', x, [6, 3, 1, 1]), 0, 2, 3, 6, 6);
      return p.conv('b', reshape(p, p.op('Elu', [pairs]), 0, 6, 6, 6), [2, 6, 1, 1]);
    },
    channels: { a: '......' },
    reasons: ['Elu works on channels spread over two axes'],
  });
  describeCut('to a shape that depends on the data', {
    draw: (p, x) => {
      const count = p.op('Cast', [p.op('ReduceSum', [p.op('Mul', [x, p.g.scalar(0)])], { keepdims: 0 })], {
        to: 7,
      });
      const shape = p.op('Add', [p.g.integers([1, 6, 36]), count]);
      return p.conv('b', p.op('Reshape', [p.conv('a', x, [6, 3, 1, 1]), shape]), [2, 6, 1]);
    },
    channels: { a: '......' },
    reasons: ['Reshape moves channels in a way that is not followed'],
  });
});

describe('Flatten, Squeeze and Unsqueeze', () => {
  describeCut('Flatten to a matrix, at any axis', {
    draw: (p, x) => {
      const rows = p.op('Flatten', [p.op('GlobalMaxPool', [p.conv('a', x, [4, 3, 1, 1])])], { axis: 2 });
      return p.op('Gemm', [p.weight(2, 4), rows, p.weight(2, 1)]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('Squeeze with axes as an operand', {
    draw: (p, x) => {
      const pooled = p.op('GlobalAveragePool', [p.conv('a', x, [4, 3, 1, 1])]);
      return p.op('Gemm', [p.op('Squeeze', [pooled, p.g.integers([2, -1])]), p.weight(4, 2), p.weight(2)]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('Squeeze of all axes of size 1 spares the channels, even when one is left', {
    draw: (p, x) => {
      const pooled = p.op('GlobalAveragePool', [p.conv('a', x, [2, 3, 1, 1])]);
      const vector = p.op('Squeeze', [pooled]);
      return p.op('MatMul', [p.op('Unsqueeze', [vector, p.g.integers([0])]), p.weight(2, 2)]);
    },
    channels: { a: 'ab' },
  });
  describeCut('Squeeze and Unsqueeze with attributes (opset 11)', {
    opset: 11,
    draw: (p, x) => {
      const pooled = p.op('GlobalAveragePool', [p.conv('a', x, [4, 3, 1, 1])]);
      const vector = p.op('Squeeze', [pooled], { axes: [0, 2, 3] });
      return p.conv('b', p.op('Unsqueeze', [vector], { axes: [0, 2, 3] }), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('Squeeze of all axes of size 1 (opset 11)', {
    opset: 11,
    draw: (p, x) => {
      const vector = p.op('Squeeze', [p.op('GlobalMaxPool', [p.conv('a', x, [2, 3, 1, 1])])]);
      return p.op('MatMul', [p.op('Unsqueeze', [vector], { axes: [0] }), p.weight(2, 2)]);
    },
    channels: { a: 'ab' },
  });
});

describe('resolveReshape', () => {
  it('copies axes for 0 and infers −1', () => {
    expect(resolveReshape([0, -1], [2, 3, 4], false)).toEqual([2, 12]);
  });
  it('takes 0 for a size where zeros are allowed', () => {
    expect(resolveReshape([0, 3], [0, 3], true)).toEqual([0, 3]);
  });
  it('tells when the elements do not fit', () => {
    expect(resolveReshape([5, -1], [2, 3, 4], false)).toBeUndefined();
  });
});
