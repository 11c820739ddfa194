import { describe } from 'vitest';
import { float } from '../../graph/attribute-value.ts';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';

const inputs = [[2, 3, 4]];
const op = (opType: string, attributes = {}, more: Partial<GradientCase> = {}): GradientCase => ({
  inputs,
  values: 'apart',
  draw: (p, [x]) => p.op(opType, [x!], attributes),
  ...more,
});
const smooth = (opType: string, opset = 17, attributes = {}): GradientCase =>
  op(opType, attributes, { values: 'normal', opset });

describe('rectifiers', () => {
  describeGradient('Relu', op('Relu'));
  describeGradient('Relu at opset 7', op('Relu', {}, { opset: 7 }));
  describeGradient('LeakyRelu', op('LeakyRelu', { alpha: 0.1 }));
  describeGradient('LeakyRelu by default', op('LeakyRelu'));
  describeGradient('ThresholdedRelu', op('ThresholdedRelu', { alpha: 0.52 }));
  describeGradient('Elu', op('Elu', { alpha: 0.7 }));
  describeGradient('Celu', op('Celu', { alpha: 0.7 }));
  describeGradient('Selu', op('Selu'));
  describeGradient('PRelu per channel', {
    inputs: [[2, 3, 2, 2]],
    values: 'apart',
    draw: (p, [x]) => p.op('PRelu', [x!, p.weight(3, 1, 1)]),
  });
  describeGradient('PRelu with one slope', {
    inputs,
    values: 'apart',
    opset: 8,
    draw: (p, [x]) => p.op('PRelu', [x!, p.weight(1)]),
  });
});

describe('Clip', () => {
  const bounds = (min: number | undefined, max: number | undefined): GradientCase => ({
    inputs,
    values: 'apart',
    draw: (p, [x]) =>
      p.op('Clip', [x!, min === undefined ? '' : p.g.scalar(min), max === undefined ? '' : p.g.scalar(max)]),
  });
  describeGradient('between 0 and 6', bounds(0, 6));
  describeGradient('between −0.52 and 0.78', bounds(-0.52, 0.78));
  describeGradient('from below', bounds(-0.52, undefined));
  describeGradient('from above', bounds(undefined, 0.52));
  describeGradient('with bounds at infinity', bounds(-Infinity, 3.4028235e38));
  describeGradient('not at all', bounds(undefined, undefined));
  describeGradient('by attributes', op('Clip', { min: float(0), max: 0.78 }, { opset: 9 }));
  describeGradient('by no attributes', op('Clip', {}, { opset: 9 }));
  describeGradient('with a bound that is computed', {
    inputs,
    values: 'apart',
    draw: (p, [x]) => {
      const half = p.op(
        'ReduceMax',
        [p.op('Greater', [x!, x!])].map((name) => p.op('Cast', [name], { to: 1 })),
        {
          keepdims: 0,
        },
      );
      return p.op('Clip', [x!, half]);
    },
  });
});

describe('gates', () => {
  describeGradient('Sigmoid', smooth('Sigmoid'));
  describeGradient('HardSigmoid', op('HardSigmoid', { alpha: 0.77, beta: 0.4 }));
  describeGradient('HardSwish', op('HardSwish', {}, { inputs: [[60]] }));
  describeGradient('Swish', smooth('Swish', 24, { alpha: 1.5 }));
  describeGradient('Mish', smooth('Mish', 18));
  describeGradient('Gelu', smooth('Gelu', 20));
  describeGradient('Gelu by tanh', smooth('Gelu', 20, { approximate: 'tanh' }));
  describeGradient('Tanh', smooth('Tanh'));
  describeGradient('Softplus', smooth('Softplus'));
  describeGradient('Softsign', op('Softsign'));
});

describe('activations as they are exported', () => {
  describeGradient('SiLU', {
    inputs,
    draw: (p, [x]) => p.op('Mul', [x!, p.op('Sigmoid', [x!])]),
  });
  describeGradient('Mish', {
    inputs,
    opset: 9,
    draw: (p, [x]) => p.op('Mul', [x!, p.op('Tanh', [p.op('Softplus', [x!])])]),
  });
  describeGradient('GELU', {
    inputs,
    draw: (p, [x]) => {
      const erf = p.op('Erf', [p.op('Div', [x!, p.g.scalar(Math.SQRT2)])]);
      return p.op('Mul', [p.op('Mul', [x!, p.op('Add', [erf, p.g.scalar(1)])]), p.g.scalar(0.5)]);
    },
  });
  describeGradient('HardSwish', {
    inputs: [[60]],
    values: 'apart',
    draw: (p, [x]) => {
      const gate = p.op('Clip', [p.op('Add', [x!, p.g.scalar(3)]), p.g.scalar(0), p.g.scalar(6)]);
      return p.op('Div', [p.op('Mul', [x!, gate]), p.g.scalar(6)]);
    },
  });
});
