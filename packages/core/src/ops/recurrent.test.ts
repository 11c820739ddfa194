import { describe } from 'vitest';
import { describeCut, type Pencil } from './operator.case.ts';

/** Five channels as features of six steps: [6, 1, 5]. */
const steps = ({ conv, op }: Pencil, x: string): string =>
  op('Transpose', [op('ReduceMean', [conv('a', x, [5, 3, 1, 1])], { axes: [2], keepdims: 0 })], {
    perm: [2, 0, 1],
  });

describe('recurrent operators', () => {
  describeCut('LSTM reads its input features', {
    draw: (p, x) => {
      const weights = [p.weight(2, 16, 5), p.weight(2, 16, 4), p.weight(2, 32)];
      const attributes = { hidden_size: 4, direction: 'bidirectional' };
      return p.g.nodes('LSTM', [steps(p, x), ...weights], attributes, 3);
    },
    channels: { a: 'abcde' },
  });
  describeCut('GRU reads its input features, its state stays', {
    draw: (p, x) => {
      const state = p.op('Reshape', [
        p.conv('s', p.op('GlobalMaxPool', [x]), [4, 3, 1, 1]),
        p.g.integers([1, 1, 4]),
      ]);
      const weights = [p.weight(1, 12, 5), p.weight(1, 12, 4), p.weight(1, 24), '', state];
      return p.g.nodes('GRU', [steps(p, x), ...weights], { hidden_size: 4, linear_before_reset: 1 }, 2);
    },
    channels: { a: 'abcde', s: '....' },
    reasons: ['GRU reads them as a recurrent state'],
  });
  describeCut('RNN over channels as steps freezes them', {
    draw: (p, x) => {
      const map = p.op('ReduceMean', [p.conv('a', x, [5, 3, 1, 1])], { axes: [2], keepdims: 0 });
      const sequence = p.op('Transpose', [map], { perm: [1, 0, 2] });
      return p.g.nodes('RNN', [sequence, p.weight(1, 4, 6), p.weight(1, 4, 4)], { hidden_size: 4 }, 1);
    },
    channels: { a: '.....' },
    reasons: ['RNN runs over positions that carry channels'],
  });
  describeCut('RNN with computed recurrence freezes both', {
    draw: (p, x) => {
      const square = p.conv('r', p.op('GlobalMaxPool', [x]), [16, 3, 1, 1]);
      const recurrence = p.op('Reshape', [square, p.g.integers([1, 4, 4])]);
      return p.g.nodes('RNN', [steps(p, x), p.weight(1, 4, 5), recurrence], { hidden_size: 4 }, 1);
    },
    channels: { a: 'abcde', r: '................' },
    reasons: ['RNN reads them as a recurrent state'],
  });
});
