import { describe } from 'vitest';
import { float } from '../graph/attribute-value.ts';
import { describeCut, type Pencil } from './operator.case.ts';

/** Four channels as the columns of a matrix [1, 4], or [1, 4 · positions] when flattened. */
const pooled = ({ conv, op }: Pencil, x: string, name = 'a'): string =>
  op('Flatten', [op('GlobalAveragePool', [conv(name, x, [4, 3, 1, 1])])]);

/** Four channels as features of nine tokens: [1, 9, 4]. */
const tokens = ({ conv, op, g }: Pencil, x: string, name = 'a'): string => {
  const flat = op('Reshape', [conv(name, x, [4, 3, 2, 2], { strides: [2, 2] }), g.integers([0, 4, -1])]);
  return op('Transpose', [flat], { perm: [0, 2, 1] });
};

describe('Gemm', () => {
  describeCut('reads every position of a flattened channel', {
    draw: (p, x) => {
      const flat = p.op('Flatten', [p.conv('a', x, [4, 3, 3, 3])]);
      const hidden = p.g.node('Gemm', [flat, p.weight(64, 5), p.weight(5)], {}, 'b');
      return p.op('Gemm', [p.op('LeakyRelu', [hidden]), p.weight(5, 2)]);
    },
    channels: { a: 'abcd', b: 'efghi' },
  });
  describeCut('with transB, alpha and beta', {
    draw: (p, x) => {
      const attributes = { transB: 1, alpha: float(0.5), beta: float(2) };
      const hidden = p.g.node('Gemm', [pooled(p, x), p.weight(5, 4), p.weight(1, 5)], attributes, 'b');
      return p.op('Gemm', [hidden, p.weight(2, 5), p.g.scalar(1)], { transB: 1 });
    },
    channels: { a: 'abcd', b: 'efghi' },
  });
  describeCut('with transA and a bias per row', {
    draw: (p, x) => {
      const columns = p.op('Transpose', [pooled(p, x)], { perm: [1, 0] });
      const hidden = p.g.node('Gemm', [columns, p.weight(4, 5), p.weight(1, 1)], { transA: 1 }, 'b');
      return p.op('Gemm', [hidden, p.weight(5, 2)]);
    },
    channels: { a: 'abcd', b: 'efghi' },
  });
  describeCut('with the weight on the left', {
    draw: (p, x) => {
      const columns = p.op('Transpose', [pooled(p, x)], { perm: [1, 0] });
      const hidden = p.g.node('Gemm', [p.weight(5, 4), columns, p.weight(5, 1)], {}, 'b');
      return p.op('Gemm', [p.weight(2, 5), hidden]);
    },
    channels: { a: 'abcd', b: 'efghi' },
  });
  describeCut('adds an activation, which goes with its columns', {
    draw: (p, x) => {
      const [a, b] = [pooled(p, x, 'a'), pooled(p, x, 'b')];
      const sum = p.g.node('Gemm', [a, p.weight(4, 4), b], {}, 'c');
      return p.op('Gemm', [sum, p.weight(4, 2)]);
    },
    channels: { a: 'abcd', b: 'efgh', c: 'efgh' },
  });
  describeCut('of two activations freezes what it contracts', {
    draw: (p, x) => p.op('Gemm', [pooled(p, x, 'a'), pooled(p, x, 'b')], { transB: 1 }),
    channels: { a: '....', b: '....' },
    reasons: ['Gemm contracts two activations'],
  });
});

describe('MatMul', () => {
  describeCut('with the weight on the right', {
    draw: (p, x) => {
      const hidden = p.g.node('MatMul', [tokens(p, x), p.weight(4, 6)], {}, 'b');
      const biased = p.op('Add', [hidden, p.weight(6)]);
      return p.op('MatMul', [p.op('Elu', [biased]), p.weight(6, 2)]);
    },
    channels: { a: 'abcd', b: 'efghij' },
  });
  describeCut('with the weight on the left', {
    draw: (p, x) => {
      const rows = p.op('Transpose', [tokens(p, x)], { perm: [0, 2, 1] });
      const hidden = p.g.node('MatMul', [p.weight(6, 4), rows], {}, 'b');
      return p.op('MatMul', [p.weight(2, 6), hidden]);
    },
    channels: { a: 'abcd', b: 'efghij' },
  });
  describeCut('over positions passes the channels on', {
    draw: (p, x) => {
      const mixed = p.g.node('MatMul', [p.conv('a', x, [4, 3, 1, 1]), p.weight(6, 5)], {}, 'b');
      return p.conv('c', mixed, [2, 4, 1, 1]);
    },
    channels: { a: 'abcd', b: '.....' },
    reasons: ['Conv convolves over positions that carry channels'],
  });
  describeCut('with a stack of one matrix', {
    draw: (p, x) => {
      const hidden = p.g.node('MatMul', [tokens(p, x), p.weight(1, 4, 6)], {}, 'b');
      return p.op('MatMul', [hidden, p.weight(6, 2)]);
    },
    channels: { a: 'abcd', b: 'efghij' },
  });
  describeCut('with a matrix per channel cuts the stack', {
    draw: (p, x) => {
      const product = p.op('MatMul', [p.conv('a', x, [4, 3, 1, 1]), p.weight(4, 6, 6)]);
      return p.conv('b', product, [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('of two activations keeps rows and columns, and freezes the contracted axis', {
    draw: (p, x) => {
      const keys = tokens(p, x, 'a');
      const queries = p.op('Transpose', [tokens(p, x, 'b')], { perm: [0, 2, 1] });
      const scores = p.op('MatMul', [queries, keys]);
      return p.op('MatMul', [p.weight(2, 4), p.op('MatMul', [scores, p.weight(4, 3)])]);
    },
    channels: { a: 'abcd', b: 'efgh' },
  });
  describeCut('by a vector', {
    draw: (p, x) => p.op('MatMul', [tokens(p, x), p.weight(4)]),
    channels: { a: '....' },
    reasons: ['MatMul multiplies by a vector'],
  });
});

describe('Einsum', () => {
  describeCut('reads its channels with a constant weight', {
    draw: (p, x) =>
      p.op('Einsum', [p.conv('a', x, [4, 3, 1, 1]), p.weight(5, 4)], { equation: 'bchw,oc->bohw' }),
    channels: { a: 'abcd' },
  });
  describeCut('with the weight first', {
    draw: (p, x) =>
      p.op('Einsum', [p.weight(4, 5), p.conv('a', x, [4, 3, 1, 1])], { equation: 'co , bchw -> bhwo' }),
    channels: { a: 'abcd' },
  });
  describeCut('over positions passes the channels on', {
    draw: (p, x) => {
      const mixed = p.op('Einsum', [p.conv('a', x, [4, 3, 1, 1]), p.weight(6, 5)], {
        equation: 'bchw,wv->bchv',
      });
      return p.conv('b', mixed, [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('of two activations keeps the axes of its result', {
    draw: (p, x) => {
      const inputs = [p.conv('a', x, [4, 3, 1, 1]), p.conv('b', x, [4, 3, 1, 1])];
      return p.conv('c', p.op('Einsum', inputs, { equation: 'bchw,bchv->bchv' }), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd', b: 'abcd' },
  });
  describeCut('of two activations freezes what it contracts', {
    draw: (p, x) => {
      const inputs = [p.conv('a', x, [4, 3, 1, 1]), p.conv('b', x, [4, 3, 1, 1])];
      return p.op('Einsum', inputs, { equation: 'bchw,bcij->bhwij' });
    },
    channels: { a: '....', b: '....' },
    reasons: ['Einsum contracts two activations'],
  });
  describeCut('that sums over channels freezes them', {
    draw: (p, x) =>
      p.op('Einsum', [p.conv('a', x, [4, 3, 1, 1]), p.weight(6, 5)], { equation: 'bchw,wv->bhv' }),
    channels: { a: '....' },
    reasons: ['Einsum sums over all channels'],
  });
  describeCut('multiplying channels with a constant freezes them', {
    draw: (p, x) => {
      const scaled = p.op('Einsum', [p.conv('a', x, [4, 3, 1, 1]), p.weight(4)], {
        equation: 'bchw,c->bchw',
      });
      return p.conv('b', scaled, [2, 4, 1, 1]);
    },
    channels: { a: '....' },
    reasons: ['Einsum multiplies them with a constant axis by axis'],
  });
  for (const equation of ['...chw,oc->...ohw', 'bchw,oc']) {
    describeCut(`${equation} is not followed`, {
      draw: (p, x) => p.op('Einsum', [p.conv('a', x, [4, 3, 1, 1]), p.weight(5, 4)], { equation }),
      channels: { a: '....' },
      reasons: [`Einsum computes '${equation}', a form that is not followed`],
    });
  }
  describeCut('along a diagonal is not followed', {
    draw: (p, x) => {
      const diagonal = p.op('Einsum', [p.conv('a', x, [6, 3, 1, 1]), p.weight(6, 2)], {
        equation: 'bccw,wo->bco',
      });
      return p.op('MatMul', [diagonal, p.weight(2, 2)]);
    },
    channels: { a: '......' },
    reasons: ["Einsum computes 'bccw,wo->bco', a form that is not followed"],
  });
});
