import { describe } from 'vitest';
import { describeCut } from './operator.case.ts';

describe('Conv', () => {
  describeCut('keeps its channels apart, whatever stride, dilation and padding', {
    draw: ({ conv }, x) => {
      const a = conv('a', x, [6, 3, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] });
      const b = conv('b', a, [5, 6, 2, 2], { dilations: [2, 2] });
      return conv('c', b, [2, 5, 2, 2], { auto_pad: 'SAME_UPPER' });
    },
    channels: { a: 'abcdef', b: 'ghijk' },
  });
  describeCut('works on signals', {
    input: [2, 3, 12],
    draw: ({ conv }, x) => conv('b', conv('a', x, [4, 3, 3]), [2, 4, 3]),
    channels: { a: 'abcd' },
  });
  describeCut('works on volumes', {
    input: [1, 2, 4, 4, 4],
    draw: ({ conv }, x) =>
      conv('b', conv('a', x, [4, 2, 3, 3, 3], { auto_pad: 'SAME_LOWER' }), [2, 4, 1, 1, 1]),
    channels: { a: 'abcd' },
  });
  describeCut('without a bias', {
    draw: ({ op, weight, conv, g }, x) =>
      conv('b', op('Relu', [g.node('Conv', [x, weight(4, 3, 3, 3)], {}, 'a')]), [2, 4, 1, 1]),
    channels: { a: 'abcd' },
  });
  describeCut('freezes channels that lie on spatial axes', {
    draw: ({ op, conv }, x) => {
      const turned = op('Transpose', [conv('a', x, [4, 3, 1, 1])], { perm: [0, 2, 1, 3] });
      return conv('b', turned, [2, 6, 1, 1]);
    },
    channels: { a: '....' },
    reasons: ['Conv convolves over positions that carry channels'],
  });
  describeCut('a single channel must stay', {
    draw: ({ conv }, x) => conv('b', conv('a', x, [1, 3, 1, 1]), [2, 1, 1, 1]),
    channels: { a: '.' },
    reasons: ['Conv has a single channel, which must stay'],
  });
  describeCut('with computed weights freezes both sides', {
    draw: ({ op, conv }, x) => {
      const features = conv('a', x, [4, 3, 1, 1]);
      const kernel = conv('k', op('GlobalAveragePool', [x]), [4, 3, 1, 1]);
      return op('Conv', [features, kernel]);
    },
    channels: { a: '....', k: '....' },
    reasons: ['Conv has weights that are computed from the input'],
  });
});

describe('grouped Conv', () => {
  describeCut('keeps equal counts in every group', {
    draw: ({ conv }, x) => {
      const a = conv('a', x, [8, 3, 1, 1]);
      const b = conv('b', a, [12, 4, 3, 3], { group: 2 });
      return conv('c', b, [2, 12, 1, 1]);
    },
    channels: { a: 'abcdefgh', b: 'ijklmnopqrst' },
  });
  describeCut('two in a row divide the same channels differently', {
    draw: ({ conv }, x) => {
      const a = conv('a', x, [8, 3, 1, 1]);
      const b = conv('b', a, [12, 4, 1, 1], { group: 2 });
      const c = conv('c', b, [9, 4, 1, 1], { group: 3 });
      return conv('d', c, [2, 9, 1, 1]);
    },
    channels: { a: 'abcdefgh', b: 'ijklmnopqrst', c: 'uvwxyzABC' },
  });
  describeCut('depthwise ties every output to its input', {
    draw: ({ conv }, x) => {
      const a = conv('a', x, [5, 3, 1, 1]);
      return conv('c', conv('b', a, [5, 1, 3, 3], { group: 5 }), [2, 5, 1, 1]);
    },
    channels: { a: 'abcde', b: 'abcde' },
  });
  describeCut('depthwise with a multiplier ties several outputs to one input', {
    draw: ({ conv }, x) => {
      const a = conv('a', x, [4, 3, 1, 1]);
      return conv('c', conv('b', a, [12, 1, 3, 3], { group: 4 }), [2, 12, 1, 1]);
    },
    channels: { a: 'abcd', b: 'aaabbbcccddd' },
  });
  describeCut('depthwise on the model input stays', {
    draw: ({ conv }, x) => conv('b', conv('a', x, [6, 1, 3, 3], { group: 3 }), [2, 6, 1, 1]),
    channels: { a: '......' },
    reasons: ['Conv meets channels that cannot be cut'],
  });
});

describe('ConvTranspose', () => {
  describeCut('has its output channels on axis 1', {
    draw: ({ g, weight, conv }, x) => {
      const a = conv('a', x, [4, 3, 1, 1]);
      const inputs = [a, weight(4, 5, 3, 3), weight(5)];
      const b = g.node('ConvTranspose', inputs, { strides: [2, 2], output_padding: [1, 1] }, 'b');
      return conv('c', b, [2, 5, 1, 1]);
    },
    channels: { a: 'abcd', b: 'efghi' },
  });
  describeCut('grouped keeps equal counts', {
    draw: ({ g, weight, conv }, x) => {
      const a = conv('a', x, [6, 3, 1, 1]);
      const b = g.node('ConvTranspose', [a, weight(6, 4, 2, 2), weight(8)], { group: 2 }, 'b');
      return conv('c', b, [2, 8, 1, 1]);
    },
    channels: { a: 'abcdef', b: 'ghijklmn' },
  });
  describeCut('depthwise ties every output to its input', {
    draw: ({ g, weight, conv }, x) => {
      const a = conv('a', x, [4, 3, 1, 1]);
      const b = g.node('ConvTranspose', [a, weight(4, 1, 2, 2), weight(4)], { group: 4 }, 'b');
      return conv('c', b, [2, 4, 1, 1]);
    },
    channels: { a: 'abcd', b: 'abcd' },
  });
  describeCut('with a single input per group keeps the inputs', {
    draw: ({ g, weight, conv }, x) => {
      const a = conv('a', x, [4, 3, 1, 1]);
      const b = g.node('ConvTranspose', [a, weight(4, 2, 2, 2), weight(8)], { group: 4 }, 'b');
      return conv('c', b, [2, 8, 1, 1]);
    },
    channels: { a: '....', b: 'abcdefgh' },
    reasons: ['ConvTranspose has a single channel per group, which must stay'],
  });
});
