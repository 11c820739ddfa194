import { describe } from 'vitest';
import { describeCut, type Pencil } from './operator.case.ts';

/** One layer of six channels, a movement, and a reader of `width` channels. */
const moved =
  (width: number, move: (pencil: Pencil, a: string) => string) =>
  (p: Pencil, x: string): string =>
    p.conv('b', move(p, p.conv('a', x, [6, 3, 1, 1])), [2, width, 1, 1]);

/** A Slice of the channel axis with operands. */
const slice = ({ op, g }: Pencil, value: string, start: number, end: number, step?: number): string =>
  op('Slice', [value, ...[[start], [end], [1], ...(step ? [[step]] : [])].map((list) => g.integers(list))]);

describe('Transpose', () => {
  describeCut('carries channels to another axis and back', {
    draw: moved(6, ({ op }, a) => op('Transpose', [op('Transpose', [a])], { perm: [3, 2, 1, 0] })),
    channels: { a: 'abcdef' },
  });
});

describe('Slice', () => {
  describeCut('takes some of the channels', {
    draw: moved(3, (p, a) => slice(p, a, 1, 4)),
    channels: { a: 'abcdef' },
  });
  describeCut('takes every second channel', {
    draw: moved(3, (p, a) => slice(p, a, 0, 2 ** 40, 2)),
    channels: { a: 'abcdef' },
  });
  describeCut('with bounds from the end', {
    draw: moved(4, (p, a) => slice(p, a, -5, -1)),
    channels: { a: 'abcdef' },
  });
  describeCut('reverses the channels', {
    draw: moved(6, (p, a) => slice(p, a, -1, -(2 ** 40), -1)),
    channels: { a: 'abcdef' },
  });
  describeCut('takes every second channel backwards', {
    draw: moved(2, (p, a) => slice(p, a, 4, 0, -2)),
    channels: { a: 'abcdef' },
  });
  describeCut('halves that overlap in the middle', {
    draw: (p, x) => {
      const a = p.conv('a', x, [6, 3, 1, 1]);
      const sum = p.op('Add', [slice(p, a, 0, 4), slice(p, a, 2, 6)]);
      return p.conv('b', sum, [2, 4, 1, 1]);
    },
    channels: { a: 'ababab' },
  });
  describeCut('with attributes (opset 9)', {
    opset: 9,
    draw: moved(4, ({ op }, a) => op('Slice', [a], { axes: [1, 2], starts: [1, 0], ends: [5, 6] })),
    channels: { a: 'abcdef' },
  });
  describeCut('with int32 operands', {
    draw: moved(3, ({ op, g }, a) => {
      const numbers = [0, 5, 1, 2].map((value) => g.constant({ dims: [1], data: Int32Array.of(value) }));
      return op('Slice', [a, ...numbers]);
    }),
    channels: { a: 'abcdef' },
  });
  describeCut('a single channel that is picked must stay', {
    draw: moved(1, (p, a) => slice(p, a, 2, 3)),
    channels: { a: 'ab.cde' },
    reasons: ['Slice picks a single channel, which must stay'],
  });
  describeCut('of positions leaves the channels alone', {
    draw: moved(6, ({ op, g }, a) =>
      op('Slice', [a, g.integers([1, 1]), g.integers([5, 6]), g.integers([2, -1])]),
    ),
    channels: { a: 'abcdef' },
  });
});

describe('Gather', () => {
  describeCut('permutes channels', {
    draw: moved(6, ({ op, g }, a) => op('Gather', [a, g.integers([5, 0, 3, -2, 1, 2])], { axis: 1 })),
    channels: { a: 'abcdef' },
  });
  describeCut('repeats channels', {
    draw: moved(4, ({ op, g }, a) => op('Gather', [a, g.integers([1, 1, 4, 1])], { axis: -3 })),
    channels: { a: 'abcdef' },
  });
  describeCut('of one channel by a scalar', {
    draw: (p, x) => {
      const index = p.g.constant({ dims: [], data: BigInt64Array.of(3n) });
      const map = p.op('Gather', [p.conv('a', x, [6, 3, 1, 1]), index], { axis: 1 });
      return p.conv('b', map, [2, 6, 1]);
    },
    channels: { a: 'abc.de' },
    reasons: ['Gather picks a single channel, which must stay'],
  });
  describeCut('with a table of indices is not followed', {
    draw: (p, x) => {
      const table = p.g.constant({ dims: [2, 2], data: BigInt64Array.of(3n, 1n, 0n, 2n) });
      const pairs = p.op('Gather', [p.conv('a', x, [6, 3, 1, 1]), table], { axis: 1 });
      return p.conv('b', pairs, [2, 2, 1, 1, 1]);
    },
    channels: { a: '......' },
    reasons: ['Gather moves channels in a way that is not followed'],
  });
  describeCut('of positions with a table leaves the channels alone', {
    draw: (p, x) => {
      const table = p.g.constant({ dims: [2, 2], data: BigInt64Array.of(3n, 1n, 0n, 2n) });
      const windows = p.op('Gather', [p.conv('a', x, [6, 3, 1, 1]), table], { axis: 2 });
      return p.conv('b', windows, [2, 6, 1, 1, 1]);
    },
    channels: { a: 'abcdef' },
  });
});

describe('Split', () => {
  const halves =
    (split: (pencil: Pencil, a: string) => readonly string[]) =>
    (p: Pencil, x: string): readonly string[] =>
      split(p, p.conv('a', x, [6, 3, 1, 1])).map((part, i) => p.conv(`b${i}`, part, [2, 3, 1, 1]));
  describeCut('in equal parts', {
    draw: halves(({ g }, a) => g.nodes('Split', [a], { axis: 1 }, 2)),
    channels: { a: 'abcdef' },
  });
  describeCut('in stated parts', {
    draw: (p, x) => {
      const a = p.conv('a', x, [6, 3, 1, 1]);
      const [front, back] = p.g.nodes('Split', [a, p.g.integers([4, 2])], { axis: -3 }, 2);
      return [p.conv('b', front!, [2, 4, 1, 1]), p.conv('c', back!, [2, 2, 1, 1])];
    },
    channels: { a: 'abcdef' },
  });
  describeCut('in parts stated by an attribute (opset 11)', {
    opset: 11,
    draw: halves(({ g }, a) => g.nodes('Split', [a], { axis: 1, split: [3, 3] }, 2)),
    channels: { a: 'abcdef' },
  });
  describeCut('in equal parts (opset 11)', {
    opset: 11,
    draw: halves(({ g }, a) => g.nodes('Split', [a], { axis: 1 }, 2)),
    channels: { a: 'abcdef' },
  });
  describeCut('in a stated number of parts (opset 18)', {
    opset: 18,
    draw: halves(({ g }, a) => g.nodes('Split', [a], { axis: 1, num_outputs: 2 }, 2)),
    channels: { a: 'abcdef' },
  });
  describeCut('the parts that meet go together', {
    draw: moved(3, ({ g, op }, a) => op('Mul', [...g.nodes('Split', [a], { axis: 1 }, 2)])),
    channels: { a: 'abcabc' },
  });
  describeCut('a part of one channel keeps it', {
    draw: (p, x) => {
      const parts = p.g.nodes('Split', [p.conv('a', x, [6, 3, 1, 1]), p.g.integers([5, 1])], { axis: 1 }, 2);
      return parts.map((part, i) => p.conv(`b${i}`, part, [2, [5, 1][i]!, 1, 1]));
    },
    channels: { a: 'abcde.' },
    reasons: ['Split picks a single channel, which must stay'],
  });
});

describe('Pad', () => {
  const shortcut = (pads: readonly number[], width: number) => (p: Pencil, x: string) => {
    const padded = p.op('Pad', [p.conv('a', x, [6, 3, 1, 1]), p.g.integers(pads), p.g.scalar(0.5)]);
    return p.conv('c', p.op('Add', [padded, p.conv('b', x, [width, 3, 1, 1])]), [2, width, 1, 1]);
  };
  describeCut('with channels around the channels (option A)', {
    draw: shortcut([0, 1, 0, 0, 0, 2, 0, 0], 9),
    channels: { a: 'abcdef', b: 'gabcdefhi' },
  });
  describeCut('negative takes channels away', {
    draw: shortcut([0, -2, 0, 0, 0, 1, 0, 0], 5),
    channels: { a: 'abcdef', b: 'cdefg' },
  });
  describeCut('with attributes (opset 9)', {
    opset: 9,
    draw: (p, x) => {
      const padded = p.op('Pad', [p.conv('a', x, [3, 3, 1, 1])], { pads: [0, 0, 1, 1, 0, 2, 1, 1] });
      return p.conv('b', padded, [2, 5, 1, 1]);
    },
    channels: { a: 'abc' },
  });
  describeCut('along stated axes (opset 18)', {
    opset: 18,
    draw: moved(8, ({ op, g }, a) => op('Pad', [a, g.integers([1, 1, 1, 1]), '', g.integers([-3, 3])])),
    channels: { a: 'abcdef' },
  });
  for (const mode of ['reflect', 'edge']) {
    describeCut(`${mode} of positions`, {
      draw: moved(6, ({ op, g }, a) => op('Pad', [a, g.integers([0, 0, 1, 2, 0, 0, 1, 2])], { mode })),
      channels: { a: 'abcdef' },
    });
    describeCut(`${mode} of channels is not followed`, {
      draw: moved(8, ({ op, g }, a) => op('Pad', [a, g.integers([0, 1, 0, 0, 0, 1, 0, 0])], { mode })),
      channels: { a: '......' },
      reasons: ['Pad moves channels in a way that is not followed'],
    });
  }
});

describe('Expand and Tile', () => {
  describeCut('Expand repeats positions', {
    draw: moved(6, ({ op, g }, a) => {
      const mean = op('Expand', [op('GlobalAveragePool', [a]), g.integers([1, 6, 6, 6])]);
      return op('Sub', [a, mean]);
    }),
    channels: { a: 'abcdef' },
  });
  describeCut('Expand to the shape of another value', {
    draw: (p, x) => {
      const a = p.conv('a', x, [6, 3, 1, 1]);
      const mean = p.conv('m', p.op('GlobalAveragePool', [a]), [6, 6, 1, 1]);
      return p.conv('b', p.op('Add', [p.op('Expand', [mean, p.op('Shape', [a])]), a]), [2, 6, 1, 1]);
    },
    channels: { a: 'abcdef', m: 'abcdef' },
  });
  describeCut('Expand makes channels of one', {
    draw: (p, x) => {
      const one = p.op('Expand', [p.conv('a', x, [1, 3, 1, 1]), p.g.integers([1, 4, 1, 1])]);
      return p.conv('c', p.op('Add', [one, p.conv('b', x, [4, 3, 1, 1])]), [2, 4, 1, 1]);
    },
    channels: { a: '.', b: 'abcd' },
    reasons: ['Conv has a single channel, which must stay'],
  });
  describeCut('Tile repeats channels', {
    draw: (p, x) => {
      const twice = p.op('Tile', [p.conv('a', x, [3, 3, 1, 1]), p.g.integers([1, 2, 1, 1])]);
      return p.conv('b', twice, [2, 6, 1, 1]);
    },
    channels: { a: 'abc' },
  });
  describeCut('Tile makes channels of one', {
    draw: (p, x) => {
      const one = p.op('Tile', [p.conv('a', x, [1, 3, 1, 1]), p.g.integers([1, 4, 1, 1])]);
      return p.conv('c', p.op('Mul', [one, p.conv('b', x, [4, 3, 1, 1])]), [2, 4, 1, 1]);
    },
    channels: { a: '.', b: 'abcd' },
    reasons: ['Conv has a single channel, which must stay'],
  });
});
