import { describe } from 'vitest';
import type { AttributeValues } from '../../graph/attribute-value.ts';
import { describeGradient, type GradientCase } from '../gradient-check.case.ts';

const deconv = (
  dims: readonly number[],
  weight: readonly number[],
  attributes: AttributeValues,
  bias?: number,
): GradientCase => ({
  inputs: [dims],
  draw: (p, [x]) =>
    p.op('ConvTranspose', [x!, p.weight(...weight), ...(bias ? [p.weight(bias)] : [])], attributes),
});

describe('ConvTranspose', () => {
  describeGradient('plain', deconv([2, 2, 3, 3], [2, 3, 2, 2], {}, 3));
  describeGradient('2×2/2, as U-Nets have it', deconv([1, 2, 3, 4], [2, 3, 2, 2], { strides: [2, 2] }, 3));
  const extra = { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] };
  describeGradient('3×3/2 with output padding', deconv([1, 2, 3, 3], [2, 2, 3, 3], extra));
  describeGradient(
    '4×4/2 with pads',
    deconv([1, 2, 3, 3], [2, 1, 4, 4], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  );
  describeGradient('dilated', deconv([1, 2, 3, 3], [2, 2, 2, 2], { dilations: [2, 2], pads: [1, 0, 0, 1] }));
  describeGradient('grouped', deconv([2, 4, 2, 3], [4, 3, 2, 2], { group: 2, strides: [2, 1] }, 6));
  describeGradient('depthwise', deconv([1, 3, 3, 3], [3, 1, 3, 3], { group: 3, strides: [2, 2] }, 3));
  describeGradient('along one axis', deconv([2, 2, 4], [2, 3, 3], { strides: [2], pads: [1, 0] }));
  describeGradient('of volumes', deconv([1, 1, 2, 2, 3], [1, 2, 2, 2, 2], { strides: [2, 1, 2] }));
  describeGradient(
    'SAME_UPPER',
    deconv([1, 2, 3, 3], [2, 2, 3, 3], { strides: [2, 2], auto_pad: 'SAME_UPPER' }),
  );
  describeGradient(
    'SAME_LOWER',
    deconv([1, 2, 3, 3], [2, 2, 3, 3], { strides: [2, 2], auto_pad: 'SAME_LOWER' }),
  );
  describeGradient(
    'of a stated size',
    deconv([1, 2, 3, 3], [2, 2, 4, 4], { strides: [2, 2], output_shape: [6, 7] }),
  );
});
