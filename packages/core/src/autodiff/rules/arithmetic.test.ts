import { describe } from 'vitest';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';

const binary = (
  opType: string,
  a: readonly number[],
  b: readonly number[],
  more: Partial<GradientCase> = {},
): GradientCase => ({ inputs: [a, b], draw: (p, [x, y]) => p.op(opType, [x!, y!]), ...more });

const shapes: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['same shape', [2, 3], [2, 3]],
  ['channel gate', [2, 3, 2, 2], [2, 3, 1, 1]],
  ['fewer axes', [3, 1, 2], [2, 3, 4, 1]],
  ['scalar', [2, 3], []],
];

describe.each(shapes)('%s', (_, a, b) => {
  for (const opType of ['Add', 'Sub', 'Mul']) describeGradient(opType, binary(opType, a, b));
  for (const opType of ['Div', 'Pow']) describeGradient(opType, binary(opType, a, b, { values: 'positive' }));
  for (const opType of ['Max', 'Min']) describeGradient(opType, binary(opType, a, b, { values: 'apart' }));
});

describe('many operands', () => {
  const three = [[2, 3], [3], [2, 1]];
  const nary = (opType: string): GradientCase => ({
    inputs: three,
    values: 'apart',
    draw: (p, xs) => p.op(opType, xs),
  });
  for (const opType of ['Sum', 'Mean', 'Max', 'Min']) describeGradient(opType, nary(opType));
  describeGradient('Max of one', { inputs: [[2, 3]], draw: (p, xs) => p.op('Max', xs) });
  describeGradient('an operand twice', {
    inputs: [[2, 3]],
    draw: (p, [x]) => p.op('Mul', [x!, p.op('Add', [x!, x!])]),
  });
});

describe('Pow with a constant exponent', () => {
  const raised = (exponent: (p: Parameters<GradientCase['draw']>[0]) => string): GradientCase => ({
    inputs: [[2, 3]],
    values: 'positive',
    draw: (p, [x]) => p.op('Pow', [x!, exponent(p)]),
  });
  for (const exponent of [2, 3, 0.5, -1]) {
    describeGradient(
      `${exponent}`,
      raised((p) => p.g.scalar(exponent)),
    );
  }
  describeGradient(
    'of integers',
    raised((p) => p.g.integers([2, 3, 1])),
  );
});

describe('Where', () => {
  describeGradient('chooses by a condition of the data', {
    inputs: [[2, 3], [2, 3], [3]],
    values: 'apart',
    draw: (p, [x, a, b]) => p.op('Where', [p.op('Greater', [x!, p.g.scalar(0)]), a!, p.op('Exp', [b!])]),
  });
  describeGradient('a condition that broadcasts', {
    inputs: [[2, 3], [1]],
    draw: (p, xs) =>
      p.op('Where', [p.g.constant({ type: 'bool', dims: [2, 1], data: Uint8Array.of(1, 0) }), ...xs]),
  });
});
