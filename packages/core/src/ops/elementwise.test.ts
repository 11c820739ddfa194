import { describe } from 'vitest';
import { float } from '../graph/attribute-value.ts';
import { describeCut, type Pencil } from './operator.case.ts';

/** Two layers of four channels and a reader. */
const joined =
  (join: (pencil: Pencil, a: string, b: string) => string) =>
  (p: Pencil, x: string): string =>
    p.conv('c', join(p, p.conv('a', x, [4, 3, 1, 1]), p.conv('b', x, [4, 3, 1, 1])), [2, 4, 1, 1]);

/** One layer of four channels and a reader. */
const passed =
  (pass: (pencil: Pencil, a: string) => string) =>
  (p: Pencil, x: string): string =>
    p.conv('b', pass(p, p.conv('a', x, [4, 3, 1, 1])), [2, 4, 1, 1]);

describe('unary operators', () => {
  const plain = [
    'LeakyRelu',
    'Elu',
    'Selu',
    'HardSwish',
    'Softplus',
    'Softsign',
    'Exp',
    'Abs',
    'Neg',
    'Erf',
    'Sin',
    'Atan',
  ];
  for (const opType of [...plain, 'Sigmoid', 'HardSigmoid', 'Tanh', 'Identity']) {
    describeCut(`${opType} passes channels on`, {
      draw: passed(({ op }, a) => op(opType, [a])),
      channels: { a: 'abcd' },
    });
  }
  describeCut('Mish and Gelu pass channels on (opset 20)', {
    opset: 20,
    draw: passed(({ op }, a) => op('Gelu', [op('Mish', [a])])),
    channels: { a: 'abcd' },
  });
  describeCut('Clip with limits as operands', {
    draw: passed(({ op, g }, a) => op('Clip', [a, g.scalar(-0.5), g.scalar(2)])),
    channels: { a: 'abcd' },
  });
  describeCut('Clip with limits as attributes (opset 10)', {
    opset: 10,
    draw: passed(({ op }, a) => op('Clip', [a], { min: -0.5, max: float(2) })),
    channels: { a: 'abcd' },
  });
  describeCut('Dropout', {
    draw: passed(({ g }, a) => g.nodes('Dropout', [a], {}, 2)[0]!),
    channels: { a: 'abcd' },
  });
  describeCut('Cast to fp16 and back', {
    draw: passed(({ op }, a) => op('Cast', [op('Cast', [a], { to: 10 })], { to: 1 })),
    channels: { a: 'abcd' },
  });
});

describe('PRelu', () => {
  describeCut('with a slope per channel', {
    draw: passed(({ op, weight }, a) => op('PRelu', [a, weight(4, 1, 1)])),
    channels: { a: 'abcd' },
  });
  describeCut('with one slope', {
    draw: passed(({ op, weight }, a) => op('PRelu', [a, weight(1)])),
    channels: { a: 'abcd' },
  });
});

describe('broadcasting', () => {
  const shapes = {
    'a scalar': [],
    'one factor': [1],
    'a row': [6],
    'a channel vector': [4, 1, 1],
    'a full map': [1, 4, 6, 6],
  };
  for (const opType of ['Add', 'Sub', 'Mul', 'Div']) {
    for (const [name, dims] of Object.entries(shapes)) {
      describeCut(`${opType} with ${name}`, {
        draw: passed(({ op, weight }, a) => op(opType, [a, weight(...dims)])),
        channels: { a: 'abcd' },
      });
    }
  }
  describeCut('the constant may come first', {
    draw: passed(({ op, weight }, a) => op('Div', [weight(1, 4, 1, 1), op('Exp', [a])])),
    channels: { a: 'abcd' },
  });
  describeCut('Pow and Mod with channel vectors', {
    draw: passed(({ op, g }, a) => {
      const squares = op('Pow', [a, g.constant({ dims: [4, 1, 1], data: [2, 2, 1, 2] })]);
      return op('Mod', [squares, g.constant({ dims: [4, 1, 1], data: [3, 4, 5, 6] })], { fmod: 1 });
    }),
    channels: { a: 'abcd' },
  });
  describeCut('a gate [1, C, 1, 1] goes with the channels it scales', {
    draw: (p, x) => {
      const a = p.conv('a', x, [4, 3, 1, 1]);
      const squeezed = p.conv('s', p.op('GlobalAveragePool', [a]), [3, 4, 1, 1]);
      const excited = p.conv('e', p.op('Elu', [squeezed]), [4, 3, 1, 1]);
      return p.conv('b', p.op('Mul', [a, p.op('Sigmoid', [excited])]), [2, 4, 1, 1]);
    },
    channels: { a: 'abcd', s: 'efg', e: 'abcd' },
  });
  describeCut('a single channel scales all and ties nothing', {
    draw: (p, x) => {
      const attention = p.op('Sigmoid', [p.conv('s', x, [1, 3, 1, 1])]);
      return p.conv('b', p.op('Mul', [p.conv('a', x, [4, 3, 1, 1]), attention]), [2, 4, 1, 1]);
    },
    channels: { s: '.', a: 'abcd' },
    reasons: ['Conv has a single channel, which must stay'],
  });
  describeCut('channels on two axes keep apart (an outer product)', {
    draw: (p, x) => {
      const a = p.op('GlobalAveragePool', [p.conv('a', x, [4, 3, 1, 1])]);
      const b = p.op('Transpose', [p.op('GlobalMaxPool', [p.conv('b', x, [3, 3, 1, 1])])], {
        perm: [0, 2, 1, 3],
      });
      const outer = p.op('Reshape', [p.op('Mul', [a, b]), p.g.integers([1, 4, 3])]);
      const columns = p.op('MatMul', [outer, p.weight(3, 2)]);
      return p.op('MatMul', [p.weight(2, 4), columns]);
    },
    channels: { a: 'abcd', b: 'efg' },
  });
});

describe('operators of two and more operands', () => {
  for (const opType of ['Add', 'Sub', 'Mul', 'Max', 'Min', 'Mean', 'Sum']) {
    describeCut(`${opType} ties its operands`, {
      draw: joined(({ op }, a, b) => op(opType, [a, b])),
      channels: { a: 'abcd', b: 'abcd' },
    });
  }
  for (const opType of ['Sum', 'Min', 'Max', 'Mean']) {
    describeCut(`${opType} of three, one of them constant`, {
      draw: joined(({ op, weight }, a, b) => op(opType, [a, weight(4, 1, 1), b])),
      channels: { a: 'abcd', b: 'abcd' },
    });
  }
  describeCut('Sum of one', { draw: passed(({ op }, a) => op('Sum', [a])), channels: { a: 'abcd' } });
  describeCut('Where ties both choices and the condition', {
    draw: joined(({ op, g, weight }, a, b) =>
      op('Where', [op('Greater', [a, g.scalar(0)]), b, weight(4, 1, 1)]),
    ),
    channels: { a: 'abcd', b: 'abcd' },
  });
  describeCut('Where with a constant condition', {
    draw: joined(({ op, g }, a, b) => {
      const condition = g.constant({ type: 'bool', dims: [4, 1, 1], data: Uint8Array.of(1, 0, 0, 1) });
      return op('Where', [condition, a, b]);
    }),
    channels: { a: 'abcd', b: 'abcd' },
  });
  describeCut('comparisons and logic tie their operands', {
    draw: joined(({ op, g }, a, b) => {
      const both = op('And', [op('Less', [a, b]), op('Not', [op('Equal', [b, g.scalar(0)])])]);
      return op('Cast', [both], { to: 1 });
    }),
    channels: { a: 'abcd', b: 'abcd' },
  });
  describeCut('the model input cannot be cut, nor what is added to it', {
    draw: ({ conv, op }, x) => conv('b', op('Add', [conv('a', x, [3, 3, 1, 1]), x]), [2, 3, 1, 1]),
    channels: { a: '...' },
    reasons: ["Add meets 'x', whose channels cannot be cut"],
  });
});
