import { describe } from 'vitest';
import { floats } from '../graph/attribute-value.ts';
import { describeCut } from './operator.case.ts';

describe('Resize', () => {
  describeCut('by scales', {
    draw: ({ g, conv, op }, x) => {
      const scales = g.constant({ dims: [4], data: [1, 1, 2, 2] });
      return conv('b', op('Resize', [conv('a', x, [4, 3, 1, 1]), '', scales]), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('by scales (opset 10)', {
    opset: 10,
    draw: ({ g, conv, op }, x) => {
      const scales = g.constant({ dims: [4], data: [1, 1, 2, 2] });
      return conv('b', op('Resize', [conv('a', x, [4, 3, 1, 1]), scales], { mode: 'nearest' }), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('to sizes that name the channel count', {
    draw: ({ g, conv, op }, x) => {
      const resized = op('Resize', [conv('a', x, [4, 3, 1, 1]), '', '', g.integers([1, 4, 9, 9])]);
      return conv('b', resized, [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('along some axes (opset 18)', {
    opset: 18,
    draw: ({ g, conv, op }, x) => {
      const inputs = [conv('a', x, [4, 3, 1, 1]), '', '', g.integers([4, 9])];
      return conv('b', op('Resize', inputs, { axes: [-3, 2], mode: 'linear' }), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('to the size of another map', {
    input: [1, 3, 'height', 'width'],
    draw: ({ g, conv, op }, x) => {
      const a = conv('a', x, [4, 3, 3, 3], { strides: [2, 2] });
      const place = op('Slice', [op('Shape', [x]), g.integers([2]), g.integers([4])]);
      const sizes = op('Concat', [op('Slice', [op('Shape', [a]), g.integers([0]), g.integers([2])]), place], {
        axis: 0,
      });
      return conv('b', op('Resize', [a, '', '', sizes]), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('across channels freezes them', {
    draw: ({ g, conv, op }, x) => {
      const scales = g.constant({ dims: [4], data: [1, 2, 1, 1] });
      return conv('b', op('Resize', [conv('a', x, [4, 3, 1, 1]), '', scales]), [2, 8, 1, 1]);
    },
    channels: { a: '....' },
    reasons: ['Resize interpolates across channels'],
  });
  describeCut('Upsample by scales (opset 9)', {
    opset: 9,
    draw: ({ g, conv, op }, x) => {
      const scales = g.constant({ dims: [4], data: [1, 1, 2, 2] });
      return conv('b', op('Upsample', [conv('a', x, [4, 3, 1, 1]), scales]), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('Upsample by an attribute (opset 7)', {
    opset: 7,
    draw: ({ conv, op }, x) => {
      const larger = op('Upsample', [conv('a', x, [4, 3, 1, 1])], { scales: floats([1, 1, 2, 2]) });
      return conv('b', larger, [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
});
