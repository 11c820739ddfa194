// What counts as a linear layer, and what does not; that layers compute what their nodes do stands in recovery/moments.test.ts.
import { describe, expect, it } from 'vitest';
import { type AttributeValues, float } from '../../graph/attribute-value.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { analyse, drawWeights } from '../../plan/analysed-net.case.ts';
import { linearLayerOf } from '../../recovery/matched-layers.ts';
import { tapCount } from './linear-layer.ts';

/** The layer of one node: dims of constants are numbers, `x` is the input. */
async function layerOf(
  op: string,
  x: readonly number[],
  operands: readonly (readonly number[] | 'x')[],
  attributes: AttributeValues = {},
) {
  const draw = drawWeights(1);
  const g = new GraphBuilder();
  const input = g.input('x', x);
  const inputs = operands.map((operand) => (operand === 'x' ? input : g.constant(draw(...operand))));
  g.output(g.node(op, inputs, attributes));
  const { traced } = await analyse(g.model());
  return linearLayerOf(traced, 0);
}

describe('a layer', () => {
  it('has groups, channels per group and taps', async () => {
    const layer = await layerOf('Conv', [1, 4, 8, 8], ['x', [6, 2, 3, 1], [6]], { group: 2 });
    expect(layer).toMatchObject({ groups: 2, inputs: 2, outputs: 3, bias: 2, inAxis: 1, outAxis: 1 });
    expect(tapCount(layer!)).toBe(3);
    expect(layer?.windows.map(({ axis, taps }) => [axis, taps])).toEqual([
      [2, 3],
      [3, 1],
    ]);
  });

  it('of a matrix has neither', async () => {
    const layer = await layerOf('Gemm', [4, 6], ['x', [6, 5]], { alpha: float(2) });
    expect(layer).toMatchObject({ groups: 1, inputs: 6, outputs: 5, windows: [], scale: 2 });
    expect(await layerOf('MatMul', [2, 3, 6], ['x', [6, 5]])).toMatchObject({ bias: undefined, inAxis: 2 });
  });
});

describe('no layer is', () => {
  it.each([
    ['a product of two activations', 'MatMul', [2, 3, 3], ['x', 'x'], {}],
    ['a product with a vector', 'MatMul', [3, 6], ['x', [6]], {}],
    ['a product with a stack of matrices', 'MatMul', [2, 3, 6], ['x', [2, 6, 5]], {}],
    ['a bias for every element', 'Gemm', [4, 6], ['x', [6, 5], [4, 5]], {}],
    ['a matrix that counts for nothing', 'Gemm', [4, 6], ['x', [6, 5]], { alpha: float(0) }],
    ['an activation', 'Relu', [4, 6], ['x'], {}],
  ] as const)('%s', async (_, op, x, operands, attributes) => {
    expect(await layerOf(op, x, operands, attributes)).toBeUndefined();
  });

  it('a convolution with computed weights', async () => {
    expect(await layerOf('Conv', [3, 3, 3, 3], ['x', 'x'])).toBeUndefined();
  });
});
