import { describe, expect, it } from 'vitest';
import { type ConvolutionShape, convolutionKey, plainChoices } from './convolution-choices.ts';

const shape: ConvolutionShape = {
  input: [2, 16, 8, 6],
  weight: [32, 16, 3, 3],
  strides: [1, 1],
  dilations: [1, 1],
  pads: [1, 1, 1, 1],
  groups: 1,
};

describe('convolutionKey', () => {
  it('is the same text for equal shapes', () => {
    expect(convolutionKey(shape)).toBe('2x16x8x6 32x16x3x3 1x1 1x1 1x1x1x1 1');
    expect(convolutionKey(structuredClone(shape))).toBe(convolutionKey(shape));
  });

  it('differs where anything does', () => {
    const others: readonly Partial<ConvolutionShape>[] = [
      { input: [1, 16, 8, 6] },
      { input: [2, 16, 6, 8] },
      { weight: [16, 16, 3, 3] },
      { strides: [2, 1] },
      { strides: [1, 2] },
      { dilations: [2, 2] },
      { pads: [0, 0, 1, 1] },
      { pads: [1, 1, 0, 0] },
      { groups: 2 },
    ];
    const keys = others.map((other) => convolutionKey({ ...shape, ...other }));
    expect(new Set([...keys, convolutionKey(shape)]).size).toBe(others.length + 1);
  });
});

it.each<[string, Partial<ConvolutionShape>, string]>([
  ['no strides', {}, 'flipped'],
  ['strides', { strides: [2, 1] }, 'transposed'],
  ['one axis', { input: [2, 16, 8], weight: [32, 16, 3], strides: [1] }, 'transposed'],
])('is written plainly with %s', (_, change, input) => {
  expect(plainChoices.choose({ ...shape, ...change })).toEqual({ forward: 'plain', input, weight: 'images' });
  expect(plainChoices.block).toBe(0);
});
