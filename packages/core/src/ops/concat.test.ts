import { describe } from 'vitest';
import { describeCut } from './operator.case.ts';

describe('Concat', () => {
  describeCut('of channels lays them side by side', {
    draw: ({ conv, op }, x) => {
      const [a, b] = [conv('a', x, [3, 3, 1, 1]), conv('b', x, [4, 3, 1, 1])];
      return conv('c', op('Concat', [a, b, a], { axis: -3 }), [2, 10, 1, 1]);
    },
    channels: { a: 'abc', b: 'defg' },
  });
  describeCut('inside a Concat, beside the model input', {
    draw: ({ conv, op }, x) => {
      const [a, b] = [conv('a', x, [3, 3, 1, 1]), conv('b', x, [2, 3, 1, 1])];
      const inner = op('Concat', [a, x], { axis: 1 });
      return conv('c', op('Concat', [op('Elu', [inner]), b], { axis: 1 }), [2, 8, 1, 1]);
    },
    channels: { a: 'abc', b: 'de' },
  });
  describeCut('of positions ties its operands', {
    draw: ({ conv, op }, x) => {
      const [a, b] = [conv('a', x, [4, 3, 1, 1]), conv('b', x, [4, 3, 3, 1])];
      return conv('c', op('Concat', [a, b], { axis: 2 }), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd', b: 'abcd' },
  });
  describeCut('with a constant: its channels go too', {
    draw: ({ conv, op, weight }, x) => {
      const a = conv('a', x, [3, 3, 1, 1]);
      const all = op('Concat', [a, weight(1, 2, 6, 6)], { axis: 1 });
      return conv('c', op('Add', [all, conv('b', x, [5, 3, 1, 1])]), [2, 5, 1, 1]);
    },
    channels: { a: 'abc', b: 'abcde' },
  });
  describeCut('of positions with a constant', {
    draw: ({ conv, op, weight }, x) => {
      const a = conv('a', x, [3, 3, 1, 1]);
      return conv('c', op('Concat', [weight(1, 3, 2, 6), a], { axis: 2 }), [2, 3, 1, 1]);
    },
    channels: { a: 'abc' },
  });
  describeCut('of positions with the model input freezes', {
    draw: ({ conv, op }, x) =>
      conv('b', op('Concat', [x, conv('a', x, [3, 3, 1, 1])], { axis: 3 }), [2, 3, 1, 1]),
    channels: { a: '...' },
    reasons: ["Concat meets 'x', whose channels cannot be cut"],
  });
});
