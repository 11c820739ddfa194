import { describe } from 'vitest';
import { type AttributeValues, floats } from '../../graph/attribute-value.ts';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';

const dims = [1, 2, 3, 4];
const byScales = (scales: readonly number[], attributes: AttributeValues, opset = 17): GradientCase => ({
  inputs: [dims],
  opset,
  draw: (p, [x]) => {
    const factors = p.g.constant({ dims: [scales.length], data: scales });
    if (opset < 11) return p.op(opset === 10 ? 'Resize' : 'Upsample', [x!, factors], attributes);
    const region = p.g.constant({ dims: [0], data: [] });
    return p.op('Resize', [x!, region, factors], attributes);
  },
});
const bySizes = (sizes: readonly number[], attributes: AttributeValues): GradientCase => ({
  inputs: [dims],
  draw: (p, [x]) => p.op('Resize', [x!, '', '', p.g.integers(sizes)], attributes),
});
const twice = [1, 1, 2, 2];
const floor = { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };

describe('nearest', () => {
  describeGradient('twice, as PyTorch exports it', byScales(twice, { ...floor, mode: 'nearest' }));
  describeGradient('twice, by default', byScales(twice, {}));
  describeGradient('thrice and twice by sizes', bySizes([1, 2, 9, 8], floor));
  describeGradient('by a fraction', byScales([1, 1, 1.5, 2.3], { mode: 'nearest' }));
  describeGradient(
    'thrice, rounded up',
    byScales([1, 1, 3, 3], { nearest_mode: 'ceil', ...{ coordinate_transformation_mode: 'asymmetric' } }),
  );
  describeGradient('smaller', bySizes([1, 2, 2, 3], floor));
  describeGradient('at opset 10', byScales(twice, { mode: 'nearest' }, 10));
  describeGradient('Upsample at opset 9', byScales(twice, { mode: 'nearest' }, 9));
  describeGradient('Upsample at opset 7', {
    inputs: [dims],
    opset: 7,
    draw: (p, [x]) => p.op('Upsample', [x!], { mode: 'nearest', scales: floats(twice) }),
  });
});

describe('interpolated', () => {
  const modes = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];
  for (const mode of ['linear', 'cubic']) {
    for (const coordinates of modes) {
      const attributes = { mode, coordinate_transformation_mode: coordinates };
      describeGradient(`${mode}, ${coordinates}`, byScales([1, 1, 2, 1.5], attributes));
    }
  }
  describeGradient('linear by sizes, smaller', bySizes([1, 2, 2, 3], { mode: 'linear' }));
  const cubic = { mode: 'cubic', cubic_coeff_a: -0.5, exclude_outside: 1 };
  describeGradient('cubic of other coefficients', byScales(twice, cubic));
  describeGradient('linear along one axis', byScales([1, 1, 1, 2], { mode: 'linear' }, 11));
  describeGradient('linear Upsample at opset 9', byScales(twice, { mode: 'linear' }, 9));
  describeGradient('antialiased, of named axes', {
    inputs: [[1, 2, 6, 6]],
    opset: 18,
    draw: (p, [x]) =>
      p.op('Resize', [x!, '', '', p.g.integers([3, 4])], { mode: 'linear', antialias: 1, axes: [2, 3] }),
  });
});
