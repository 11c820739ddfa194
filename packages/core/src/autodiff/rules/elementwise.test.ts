import { describe } from 'vitest';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';

const inputs = [[2, 3, 4]];
const op = (opType: string, more: Partial<GradientCase> = {}): GradientCase => ({
  inputs,
  draw: (p, [x]) => p.op(opType, [x!]),
  ...more,
});

describe('mathematics of one value', () => {
  describeGradient('Neg', op('Neg'));
  describeGradient('Abs', op('Abs', { values: 'apart' }));
  describeGradient('Reciprocal', op('Reciprocal', { values: 'positive' }));
  describeGradient('Sqrt', op('Sqrt', { values: 'positive' }));
  describeGradient('Exp', op('Exp'));
  describeGradient('Log', op('Log', { values: 'positive' }));
  describeGradient('Sin', op('Sin'));
  describeGradient('Cos', op('Cos'));
  describeGradient('Erf', op('Erf'));
});

describe('what passes on', () => {
  describeGradient('Identity', op('Identity'));
  describeGradient('Cast', { inputs, draw: (p, [x]) => p.op('Cast', [p.op('Sin', [x!])], { to: 1 }) });
  describeGradient('Dropout', {
    inputs,
    opset: 9,
    draw: (p, [x]) => p.op('Sin', [p.op('Dropout', [x!], { ratio: 0.5 })]),
  });
  describeGradient('Dropout, exported in training mode', {
    inputs,
    sameOutput: false,
    draw: (p, [x]) => {
      const on = p.g.constant({ type: 'bool', dims: [], data: Uint8Array.of(1) });
      return p.op('Sin', [p.op('Dropout', [x!, p.g.scalar(0.5), on])]);
    },
  });
});
