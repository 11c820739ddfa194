import { describe, expect, it } from 'vitest';
import { keepAll } from '../coupling/survivors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import {
  analyse,
  convOn,
  drawWeights,
  dropChannels,
  engine,
  residualNet,
  shuffleNet,
} from '../plan/analysed-net.case.ts';
import { cutModel } from '../surgery/cut-model.ts';

describe('createCostModel', () => {
  it('counts multiply-accumulates, parameters and activation bytes by hand', async () => {
    const { costs } = await analyse(residualNet());
    const area = 64;
    const macs = [3 * 8, 8 * 12, 8 * 12, 12 * 4].map((pairs) => pairs * 9 * area);
    expect(costs.layers().map((layer) => [layer.name, layer.opType, layer.macs])).toEqual(
      ['first', 'second', 'third', 'head'].map((name, i) => [`${name}_out`, 'Conv', macs[i]]),
    );
    expect(costs.layers()[1]).toMatchObject({
      params: 8 * 12 * 9 + 12,
      activationBytes: 4 * 12 * area,
      shape: [1, 12, 8, 8],
    });
    // first, its Relu, second, third, sum, its Relu, head
    const channels = 8 + 8 + 12 + 12 + 12 + 12 + 4;
    expect(costs.original).toEqual({
      macs: macs.reduce((a, b) => a + b),
      params: (3 * 8 + 8 * 12 + 8 * 12 + 12 * 4) * 9 + 8 + 12 + 12 + 4,
      activationBytes: 4 * channels * area,
    });
    expect(costs.totals(keepAll((await analyse(residualNet())).coupling))).toEqual(costs.original);
  });

  it.each([
    ['a residual net', residualNet, { first_out: [0, 5], second_out: [1] }],
    [
      'a shuffle net',
      shuffleNet,
      { first_out: [0, 4, 8], grouped_out: [0, 2, 4, 6, 8, 10], mixed_out: [0, 6] },
    ],
  ])('foretells the cost of a cut of %s without another trace', async (_, build, dropped) => {
    const { traced, coupling, costs } = await analyse(build());
    const keep = dropChannels(traced, coupling, dropped);
    const after = (await analyse(await cutModel(traced, coupling, keep, engine))).costs;
    const { macs, params } = costs.totals(keep);
    expect({ macs, params }).toEqual({ macs: after.original.macs, params: after.original.params });
    expect(costs.layers(keep).map(({ macs, shape }) => ({ macs, shape }))).toEqual(
      after.layers().map(({ macs, shape }) => ({ macs, shape })),
    );
  });

  it('counts a weight that two layers share once, and multiplies with it twice', async () => {
    const g = new GraphBuilder();
    const weight = g.constant(drawWeights()(3, 3, 1, 1), 'w');
    const a = g.node('Conv', [g.input('x', [1, 3, 8, 8]), weight]);
    g.output(g.node('Conv', [a, weight]));
    const { costs } = await analyse(g.model());
    expect(costs.original).toMatchObject({ params: 9, macs: 2 * 9 * 64 });
  });

  it('does not count what constants are computed from', async () => {
    const g = new GraphBuilder();
    const draw = drawWeights();
    const made = g.node('MatMul', [g.constant(draw(4, 6)), g.constant(draw(6, 3))]);
    const weight = g.node('Reshape', [made, g.integers([4, 3, 1, 1])]);
    g.output(g.node('Conv', [g.input('x', [1, 3, 8, 8]), weight]));
    const { costs } = await analyse(g.model());
    expect(costs.original).toMatchObject({ params: 12, macs: 12 * 64 });
    expect(costs.layers()).toHaveLength(1);
  });

  it('knows depthwise, grouped and transposed convolutions and matrix products', async () => {
    const g = new GraphBuilder();
    const conv = convOn(g);
    const draw = drawWeights();
    const deep = conv(g.input('x', [1, 6, 8, 8]), 6, 12, 'deep', 6);
    const grouped = conv(deep, 12, 6, 'grouped', 2);
    const up = g.node('ConvTranspose', [grouped, g.constant(draw(6, 4, 2, 2))], { strides: [2, 2] }, 'up');
    const rows = g.node('Reshape', [up, g.integers([1, 4, 256])]);
    g.output(g.node('MatMul', [rows, g.constant(draw(256, 5))], {}, 'product'));
    const { costs } = await analyse(g.model());
    expect(costs.layers().map(({ macs }) => macs)).toEqual([
      12 * 9 * 64,
      6 * 6 * 9 * 64,
      6 * 64 * 4 * 4,
      4 * 256 * 5,
    ]);
  });
});
