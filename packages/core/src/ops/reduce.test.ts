import { describe } from 'vitest';
import { describeCut } from './operator.case.ts';

describe('reductions', () => {
  for (const opType of [
    'ReduceMean',
    'ReduceMax',
    'ReduceMin',
    'ReduceL1',
    'ReduceL2',
    'ReduceLogSumExp',
    'ReduceSumSquare',
  ]) {
    describeCut(`${opType} over positions`, {
      draw: ({ conv, op }, x) =>
        conv('b', op(opType, [conv('a', x, [4, 3, 1, 1])], { axes: [2, -1] }), [2, 4, 1, 1]),
      channels: { a: 'abcd' },
    });
  }
  describeCut('without keeping the reduced axes', {
    draw: ({ conv, op, weight }, x) => {
      const mean = op('ReduceMean', [conv('a', x, [4, 3, 1, 1])], { axes: [2, 3], keepdims: 0 });
      return op('Gemm', [mean, weight(4, 2), weight(2)]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('ReduceSum with axes as an operand (opset 13)', {
    opset: 13,
    draw: ({ g, conv, op }, x) => {
      const sum = op('ReduceSum', [conv('a', x, [4, 3, 1, 1]), g.integers([-2])], { keepdims: 0 });
      return conv('b', sum, [2, 4, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('without axes does nothing when told so (opset 18)', {
    opset: 18,
    draw: ({ conv, op }, x) =>
      conv('b', op('ReduceMean', [conv('a', x, [4, 3, 1, 1])], { noop_with_empty_axes: 1 }), [2, 4, 1, 1]),
    channels: { a: 'abcd' },
  });
  describeCut('without axes reduces everything', {
    draw: ({ conv, op }, x) => op('ReduceMean', [conv('a', x, [4, 3, 1, 1])]),
    channels: { a: '....' },
    reasons: ['ReduceMean reduces over all channels'],
  });
  describeCut('over channels freezes them', {
    draw: ({ conv, op }, x) =>
      conv('b', op('ReduceMax', [conv('a', x, [4, 3, 1, 1])], { axes: [1] }), [2, 1, 1, 1]),
    channels: { a: '....' },
    reasons: ['ReduceMax reduces over all channels'],
  });
  describeCut('over one factor of the channels ties its rows', {
    draw: ({ g, conv, op }, x) => {
      const pairs = op('Reshape', [conv('a', x, [6, 3, 1, 1]), g.integers([0, 3, 2, 6, 6])]);
      return conv('b', op('ReduceSum', [pairs, g.integers([2])], { keepdims: 0 }), [2, 3, 1, 1]);
    },
    channels: { a: 'aabbcc' },
  });
  describeCut('ArgMax over positions', {
    draw: ({ conv, op }, x) => {
      const most = op('Cast', [op('ArgMax', [conv('a', x, [4, 3, 1, 1])], { axis: -1 })], { to: 1 });
      return conv('b', most, [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('ArgMax over channels freezes them', {
    draw: ({ conv, op }, x) => op('ArgMax', [conv('a', x, [4, 3, 1, 1])], { axis: 1, keepdims: 0 }),
    channels: { a: '....' },
    reasons: ['ArgMax reduces over all channels'],
  });
});
