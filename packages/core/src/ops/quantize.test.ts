import { describe } from 'vitest';
import { describeCut } from './operator.case.ts';

describe('QuantizeLinear and DequantizeLinear', () => {
  describeCut('of activations, per tensor', {
    draw: ({ g, conv, op }, x) => {
      const parameters = [g.scalar(0.05), g.constant({ dims: [], data: Int8Array.of(3) })];
      const levels = op('QuantizeLinear', [conv('a', x, [4, 3, 1, 1]), ...parameters]);
      return conv('b', op('DequantizeLinear', [levels, ...parameters]), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('of activations, per channel', {
    draw: ({ g, conv, op }, x) => {
      const scale = g.constant({ dims: [4], data: [0.03, 0.04, 0.05, 0.06] });
      const zero = g.constant({ dims: [4], data: Int8Array.of(0, 1, 2, 3) });
      const levels = op('QuantizeLinear', [conv('a', x, [4, 3, 1, 1]), scale, zero], { axis: -3 });
      return conv('b', op('DequantizeLinear', [levels, scale, zero], { axis: 1 }), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('of weights, per output channel', {
    draw: ({ g, conv, op, weight }, x) => {
      const stored = g.constant({
        dims: [4, 3, 1, 1],
        data: Int8Array.from({ length: 12 }, (_, i) => 20 * i - 99),
      });
      const scale = g.constant({ dims: [4], data: [0.01, 0.02, 0.03, 0.04] });
      const zero = g.constant({ dims: [4], data: Int8Array.of(0, 1, 2, 3) });
      const kernel = op('DequantizeLinear', [stored, scale, zero], { axis: 0 });
      return conv('b', g.node('Conv', [x, kernel, weight(4)], {}, 'a'), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('with computed scales per channel freezes them', {
    draw: ({ g, conv, op }, x) => {
      const scale = op('Abs', [
        op('Reshape', [conv('s', op('GlobalMaxPool', [x]), [4, 3, 1, 1]), g.integers([4])]),
      ]);
      const levels = op('QuantizeLinear', [conv('a', x, [4, 3, 1, 1]), scale]);
      return conv('b', op('DequantizeLinear', [levels, g.scalar(0.1)]), [2, 4, 1, 1]);
    },
    channels: { s: '....', a: '....' },
    reasons: [
      'QuantizeLinear reads them as scales',
      'QuantizeLinear is quantised with scales that cannot be cut',
    ],
  });
});
