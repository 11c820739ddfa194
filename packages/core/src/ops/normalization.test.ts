import { describe } from 'vitest';
import { float } from '../graph/attribute-value.ts';
import { describeCut, type Pencil } from './operator.case.ts';

/** Variances must be positive. */
const positive = ({ op, weight }: Pencil, count: number): string => op('Abs', [weight(count)]);

describe('BatchNormalization', () => {
  describeCut('scales every channel by itself', {
    draw: (p, x) => {
      const inputs = [p.conv('a', x, [4, 3, 1, 1]), p.weight(4), p.weight(4), p.weight(4), positive(p, 4)];
      return p.conv('b', p.op('BatchNormalization', inputs), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('with computed vectors freezes them', {
    draw: (p, x) => {
      const gamma = p.op('Flatten', [p.conv('g', p.op('GlobalMaxPool', [x]), [4, 3, 1, 1])], { axis: 0 });
      const vector = p.op('Reshape', [gamma, p.g.integers([4])]);
      const inputs = [p.conv('a', x, [4, 3, 1, 1]), vector, p.weight(4), p.weight(4), positive(p, 4)];
      return p.conv('b', p.op('BatchNormalization', inputs), [2, 4, 1, 1]);
    },
    channels: { g: '....', a: '....' },
    reasons: [
      'BatchNormalization reads them as a vector',
      'BatchNormalization is scaled by computed vectors',
    ],
  });
});

describe('InstanceNormalization', () => {
  describeCut('normalises every channel by itself', {
    draw: (p, x) => {
      const inputs = [p.conv('a', x, [4, 3, 1, 1]), p.weight(4), p.weight(4)];
      return p.conv('b', p.op('InstanceNormalization', inputs), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
  describeCut('of reshaped groups ties the channels of a group (GroupNorm in pieces)', {
    draw: (p, x) => {
      const a = p.conv('a', x, [6, 3, 1, 1]);
      const rows = p.op('Reshape', [a, p.g.integers([0, 3, -1])]);
      const normal = p.op('InstanceNormalization', [rows, p.weight(3), p.weight(3)]);
      const back = p.op('Reshape', [normal, p.op('Shape', [a])]);
      const scaled = p.op('Add', [p.op('Mul', [back, p.weight(6, 1, 1)]), p.weight(6, 1, 1)]);
      return p.conv('b', scaled, [2, 6, 1, 1]);
    },
    channels: { a: 'aabbcc' },
  });
});

describe('GroupNormalization', () => {
  describeCut('with a scale per channel (opset 21)', {
    opset: 21,
    draw: (p, x) => {
      const inputs = [p.conv('a', x, [6, 3, 1, 1]), p.weight(6), p.weight(6)];
      return p.conv('b', p.op('GroupNormalization', inputs, { num_groups: 3 }), [2, 6, 1, 1]);
    },
    channels: { a: 'aabbcc' },
  });
  describeCut('with a scale per group (opset 18)', {
    opset: 18,
    draw: (p, x) => {
      const inputs = [p.conv('a', x, [6, 3, 1, 1]), p.weight(3), p.weight(3)];
      return p.conv('b', p.op('GroupNormalization', inputs, { num_groups: 3 }), [2, 6, 1, 1]);
    },
    channels: { a: 'aabbcc' },
  });
  describeCut('with one group ties everything', {
    opset: 21,
    draw: (p, x) => {
      const inputs = [p.conv('a', x, [4, 3, 1, 1]), p.weight(4), p.weight(4)];
      return p.conv('b', p.op('GroupNormalization', inputs, { num_groups: 1 }), [2, 4, 1, 1]);
    },
    channels: { a: '....' },
    reasons: ['Conv ties all its channels together, so that none would be left'],
  });
  describeCut('with a computed scale freezes the channels', {
    opset: 21,
    draw: (p, x) => {
      const gamma = p.conv('g', p.op('GlobalMaxPool', [x]), [4, 3, 1, 1]);
      const vector = p.op('Reshape', [gamma, p.g.integers([4])]);
      const inputs = [p.conv('a', x, [4, 3, 1, 1]), vector, p.weight(4)];
      return p.conv('b', p.op('GroupNormalization', inputs, { num_groups: 2 }), [2, 4, 1, 1]);
    },
    channels: { g: '....', a: '....' },
    reasons: [
      'GroupNormalization reads them as a vector',
      'GroupNormalization is scaled by computed vectors',
    ],
  });
});

describe('LayerNormalization', () => {
  describeCut('over channels freezes them', {
    draw: (p, x) => {
      const last = p.op('Transpose', [p.conv('a', x, [4, 3, 1, 1])], { perm: [0, 2, 3, 1] });
      const normal = p.op('LayerNormalization', [last, p.weight(4), p.weight(4)]);
      return p.op('MatMul', [normal, p.weight(4, 2)]);
    },
    channels: { a: '....' },
    reasons: ['LayerNormalization normalises over all channels'],
  });
  describeCut('over positions lets them go', {
    draw: (p, x) => {
      const inputs = [p.conv('a', x, [4, 3, 1, 1]), p.weight(6, 6), p.weight(6, 6)];
      return p.conv('b', p.op('LayerNormalization', inputs, { axis: 2 }), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd' },
  });
});

describe('other normalisations', () => {
  describeCut('LRN freezes neighbours', {
    draw: (p, x) => {
      const normal = p.op('LRN', [p.conv('a', x, [4, 3, 1, 1])], { size: 3, alpha: float(0.1) });
      return p.conv('b', normal, [2, 4, 1, 1]);
    },
    channels: { a: '....' },
    reasons: ['LRN normalises each channel by its neighbours'],
  });
  describeCut('LpNormalization over channels freezes them', {
    draw: (p, x) => {
      const normal = p.op('LpNormalization', [p.conv('a', x, [4, 3, 1, 1])], { axis: 1 });
      return p.conv('b', normal, [2, 4, 1, 1]);
    },
    channels: { a: '....' },
    reasons: ['LpNormalization normalises over all channels'],
  });
  describeCut('LpNormalization over positions lets them go', {
    draw: (p, x) => p.conv('b', p.op('LpNormalization', [p.conv('a', x, [4, 3, 1, 1])]), [2, 4, 1, 1]),
    channels: { a: 'abcd' },
  });
  describeCut('MeanVarianceNormalization over positions lets them go', {
    draw: (p, x) =>
      p.conv('b', p.op('MeanVarianceNormalization', [p.conv('a', x, [4, 3, 1, 1])]), [2, 4, 1, 1]),
    channels: { a: 'abcd' },
  });
  describeCut('MeanVarianceNormalization over channels freezes them', {
    draw: (p, x) => {
      const normal = p.op('MeanVarianceNormalization', [p.conv('a', x, [4, 3, 1, 1])], {
        axes: [0, 1, 2, 3],
      });
      return p.conv('b', normal, [2, 4, 1, 1]);
    },
    channels: { a: '....' },
    reasons: ['MeanVarianceNormalization normalises over all channels'],
  });
});

describe('Softmax', () => {
  describeCut('over channels freezes them', {
    draw: (p, x) => p.conv('b', p.op('Softmax', [p.conv('a', x, [4, 3, 1, 1])], { axis: 1 }), [2, 4, 1, 1]),
    channels: { a: '....' },
    reasons: ['Softmax mixes all channels'],
  });
  describeCut('over the last axis lets them go (opset 13)', {
    opset: 13,
    draw: (p, x) => p.conv('b', p.op('Softmax', [p.conv('a', x, [4, 3, 1, 1])]), [2, 4, 1, 1]),
    channels: { a: 'abcd' },
  });
  describeCut('mixes all axes from the second on (opset 11)', {
    opset: 11,
    draw: (p, x) => p.conv('b', p.op('Softmax', [p.conv('a', x, [4, 3, 1, 1])]), [2, 4, 1, 1]),
    channels: { a: '....' },
    reasons: ['Softmax mixes all channels'],
  });
  describeCut('from the third axis on lets them go (opset 11)', {
    opset: 11,
    draw: (p, x) =>
      p.conv('b', p.op('LogSoftmax', [p.conv('a', x, [4, 3, 1, 1])], { axis: 2 }), [2, 4, 1, 1]),
    channels: { a: 'abcd' },
  });
  describeCut('over one factor of the channels ties its rows', {
    draw: (p, x) => {
      const halves = p.op('Reshape', [p.conv('a', x, [6, 3, 1, 1]), p.g.integers([0, 2, 3, 6, 6])]);
      const attention = p.op('Softmax', [halves], { axis: 1 });
      return p.conv('b', p.op('Reshape', [attention, p.g.integers([0, 6, 6, 6])]), [2, 6, 1, 1]);
    },
    channels: { a: 'abcabc' },
  });
});
