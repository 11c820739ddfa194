import { describe, expect, it } from 'vitest';
import type { AttributeValues } from '../../graph/attribute-value.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { describeGradient, type GradientCase, gradientOfSum } from '../gradient-check.case.ts';

const pool = (
  opType: string,
  dims: readonly number[],
  attributes: AttributeValues = {},
  opset = 17,
): GradientCase => ({
  inputs: [dims],
  opset,
  values: 'apart',
  draw: (p, [x]) => p.op(opType, [x!], attributes),
});

const k2 = { kernel_shape: [2, 2], strides: [2, 2] };
const k3s2 = { kernel_shape: [3, 3], strides: [2, 2] };
const k3p1 = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };

const windows: readonly (readonly [string, readonly number[], AttributeValues, number?])[] = [
  ['2×2/2', [1, 2, 4, 6], k2],
  ['2×2/2 at opset 7', [1, 2, 4, 6], k2, 7],
  ['2×2/2 of odd sizes', [1, 2, 5, 7], k2],
  ['2×2/2 of odd sizes, rounded up', [1, 2, 5, 7], { ...k2, ceil_mode: 1 }, 19],
  ['2×3/2×3', [1, 2, 4, 6], { kernel_shape: [2, 3], strides: [2, 3] }],
  ['3×3/2', [1, 2, 7, 7], k3s2],
  ['3×3/2 with pads', [1, 2, 6, 7], { ...k3s2, pads: [1, 1, 1, 1] }],
  ['3×3/2 rounded up', [1, 2, 6, 6], { ...k3s2, ceil_mode: 1 }, 19],
  ['3×3/2 SAME_UPPER', [1, 2, 6, 7], { ...k3s2, auto_pad: 'SAME_UPPER' }],
  ['3×3/2 SAME_LOWER', [1, 2, 6, 7], { ...k3s2, auto_pad: 'SAME_LOWER' }],
  ['3×3/1', [1, 2, 4, 5], k3p1],
  ['3×3/1 at opset 8', [1, 2, 4, 5], k3p1, 8],
  ['5×5/1', [1, 1, 6, 6], { kernel_shape: [5, 5], pads: [2, 2, 2, 2] }],
  ['5×5/2', [1, 1, 8, 7], { kernel_shape: [5, 5], pads: [2, 2, 2, 2], strides: [2, 2] }],
  ['2×2/3: windows with gaps', [1, 2, 5, 6], { kernel_shape: [2, 2], strides: [3, 3] }],
  ['1×1/2', [1, 2, 4, 5], { kernel_shape: [1, 1], strides: [2, 2] }],
  ['3/2 along one axis', [2, 2, 9], { kernel_shape: [3], strides: [2], pads: [1, 0] }],
  ['2×2×2/2', [1, 1, 4, 4, 4], { kernel_shape: [2, 2, 2], strides: [2, 2, 2] }],
];

describe('MaxPool', () => {
  for (const [name, dims, attributes, opset] of windows) {
    describeGradient(name, pool('MaxPool', dims, attributes, opset));
  }
  const dilated = { kernel_shape: [3, 2], dilations: [2, 2], pads: [1, 0, 1, 1] };
  describeGradient('dilated', pool('MaxPool', [1, 1, 6, 5], dilated));
  describeGradient('behind another, whose plateaus are ties', {
    inputs: [[1, 1, 5, 5]],
    values: 'apart',
    draw: (p, [x]) => {
      const sppf = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
      return p.op('MaxPool', [p.op('MaxPool', [p.op('MaxPool', [x!], sppf)], sppf)], sppf);
    },
  });
});

describe('AveragePool', () => {
  for (const [name, dims, attributes, opset] of windows) {
    describeGradient(name, pool('AveragePool', dims, attributes, opset));
    if (!name.includes('pads') && !name.includes('/1')) continue;
    const counted = { ...attributes, count_include_pad: 1 };
    describeGradient(`${name}, pads counted`, pool('AveragePool', dims, counted, opset));
  }
  const rounded = { ...k3s2, pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 };
  describeGradient('pads counted, rounded up', pool('AveragePool', [1, 2, 6, 6], rounded, 19));
  const dilated = { kernel_shape: [3, 2], dilations: [2, 2], strides: [2, 1], pads: [1, 0, 1, 1] };
  describeGradient('dilated', pool('AveragePool', [1, 1, 6, 5], dilated, 19));
});

describe('global pooling', () => {
  describeGradient('GlobalAveragePool', pool('GlobalAveragePool', [2, 3, 3, 2]));
  describeGradient('GlobalMaxPool', pool('GlobalMaxPool', [2, 3, 3, 2]));
  describeGradient('GlobalMaxPool along one axis', pool('GlobalMaxPool', [2, 3, 5], {}, 8));
});

describe('ties', () => {
  const shares = async (draw: (g: GraphBuilder, x: string) => string, data: readonly number[]) => {
    const dims = [1, 1, 2, data.length / 2];
    const array = { type: 'float32', dims, data: Float32Array.from(data) } as const;
    return [...(await gradientOfSum(draw, array)).data];
  };
  const pool2 = (g: GraphBuilder, x: string): string => g.node('MaxPool', [x], k2);

  it('share the gradient of their window equally', async () => {
    expect(await shares(pool2, [1, 1, 5, 0, 0, 1, 2, 3])).toEqual(
      [1 / 3, 1 / 3, 1, 0, 0, 1 / 3, 0, 0].map(Math.fround),
    );
    expect(await shares(pool2, [0, 0, 0, 0])).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('share it in every window they lie in', async () => {
    const overlapping = (g: GraphBuilder, x: string): string =>
      g.node('MaxPool', [x], { kernel_shape: [1, 2], strides: [1, 1] });
    expect(await shares(overlapping, [1, 1, 0, 2, 2, 2])).toEqual([0.5, 1.5, 0, 0.5, 1, 0.5]);
  });

  it('share it over a whole image', async () => {
    const image = (g: GraphBuilder, x: string): string => g.node('GlobalMaxPool', [x]);
    expect(await shares(image, [4, 1, 4, 2])).toEqual([0.5, 0, 0.5, 0]);
  });
});
