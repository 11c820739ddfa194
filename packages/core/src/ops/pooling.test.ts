import { describe } from 'vitest';
import { describeCut } from './operator.case.ts';

describe('pooling', () => {
  const windows = { kernel_shape: [2, 2], strides: [2, 2] };
  for (const [opType, attributes] of Object.entries({
    MaxPool: { ...windows, ceil_mode: 1 },
    AveragePool: { ...windows, pads: [1, 1, 1, 1], count_include_pad: 1 },
    LpPool: windows,
    GlobalMaxPool: {},
    GlobalAveragePool: {},
    GlobalLpPool: {},
  })) {
    describeCut(`${opType} works channel by channel`, {
      draw: ({ conv, op }, x) =>
        conv('b', op(opType, [conv('a', x, [4, 3, 1, 1])], attributes), [2, 4, 1, 1]),
      channels: { a: 'abcd' },
    });
  }
  describeCut('over channels that lie on a spatial axis freezes them', {
    draw: ({ conv, op }, x) => {
      const turned = op('Transpose', [conv('a', x, [4, 3, 1, 1])], { perm: [0, 2, 1, 3] });
      return op('MaxPool', [turned], windows);
    },
    channels: { a: '....' },
    reasons: ['MaxPool pools over positions that carry channels'],
  });
  describeCut('MaxPool that names its maxima counts through all channels', {
    draw: ({ g, conv, op }, x) => {
      const [most, where] = g.nodes('MaxPool', [conv('a', x, [4, 3, 1, 1])], windows, 2);
      const places = op('Cast', [where!], { to: 1 });
      return [conv('b', most!, [2, 4, 1, 1]), conv('c', places, [2, 4, 1, 1])];
    },
    channels: { a: '....' },
    reasons: ['MaxPool counts positions across all channels'],
  });
});
