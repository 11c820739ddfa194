import { describe } from 'vitest';
import { describeCut, type Pencil } from './operator.case.ts';

const dim = ({ g, op }: Pencil, value: string, axis: number): string =>
  op('Gather', [op('Shape', [value]), g.integers([axis])]);

describe('shape arithmetic', () => {
  describeCut('view(n, c·h·w) follows the cut at every size', {
    input: ['batch', 3, 6, 6],
    draw: (p, x) => {
      const a = p.conv('a', x, [4, 3, 3, 3], { strides: [2, 2] });
      const features = p.op('Mul', [dim(p, a, 1), p.op('Mul', [dim(p, a, 2), dim(p, a, 3)])]);
      const flat = p.op('Reshape', [a, p.op('Concat', [dim(p, a, 0), features], { axis: 0 })]);
      return p.op('Gemm', [flat, p.weight(16, 2), p.weight(2)]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('a product of channels and positions is not frozen to the traced size', {
    input: [1, 3, 'height', 'width'],
    draw: (p, x) => {
      const a = p.conv('a', x, [4, 3, 1, 1]);
      const length = p.op('Mul', [dim(p, x, 2), dim(p, x, 3)]);
      const rows = p.op('Reshape', [a, p.op('Concat', [p.g.integers([1, 4]), length], { axis: 0 })]);
      const back = p.op('Concat', [p.g.integers([1, 4]), dim(p, x, 2), dim(p, x, 3)], { axis: 0 });
      return p.conv('b', p.op('Reshape', [p.op('Elu', [rows]), back]), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('Shape with a start and an end (opset 15)', {
    opset: 15,
    draw: (p, x) => {
      const a = p.conv('a', x, [4, 3, 1, 1]);
      const front = p.op('Shape', [a], { end: -2 });
      const flat = p.op('Reshape', [a, p.op('Concat', [front, p.g.integers([-1])], { axis: 0 })]);
      return p.conv('b', flat, [2, 4, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('a channel count used as data stays what it was', {
    draw: (p, x) => {
      const a = p.conv('a', x, [4, 3, 1, 1]);
      const count = p.op('Cast', [dim(p, a, 1)], { to: 1 });
      return p.conv('b', p.op('Div', [a, count]), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('a channel count used as data in fp16 stays what it was', {
    draw: (p, x) => {
      const a = p.conv('a', x, [4, 3, 1, 1]);
      const count = p.op('Cast', [dim(p, a, 1)], { to: 10 });
      const mean = p.op('Div', [p.op('Cast', [a], { to: 10 }), count]);
      return p.conv('b', p.op('Cast', [mean], { to: 1 }), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('Size used as data stays what it was', {
    draw: (p, x) => {
      const a = p.conv('a', x, [4, 3, 1, 1]);
      const count = p.op('Cast', [p.op('Size', [a])], { to: 1 });
      return p.conv('b', p.op('Mul', [a, count]), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('a map of zeros as large as the channels freezes them', {
    draw: (p, x) => {
      const a = p.conv('a', x, [4, 3, 1, 1]);
      const zeros = p.op('ConstantOfShape', [p.op('Shape', [a])]);
      return p.conv('b', p.op('Add', [a, zeros]), [2, 4, 1, 1]);
    },
    channels: { a: '....' },
    reasons: ["Add meets 'ConstantOfShape_0_out', whose channels cannot be cut"],
  });
});
