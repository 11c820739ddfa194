import { describe, expect, it } from 'vitest';
import { keepAll } from '../coupling/survivors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { analyse, convOn, drawWeights, dropChannels, shuffleNet } from './analysed-net.case.ts';
import { listCuts, listPlanGroups, rootLabels } from './cuts.ts';

describe('listCuts', () => {
  it('lists one consume per block of a grouped convolution, within its rows', async () => {
    const { traced, coupling } = await analyse(shuffleNet());
    const keep = dropChannels(traced, coupling, { first_out: [1, 5, 10] });
    const cuts = listCuts(traced, coupling, keep).filter(({ node }) => node === 'grouped_out');
    expect(cuts).toEqual(
      [1, 1, 2].map((index, b) => ({
        node: 'grouped_out',
        input: 1,
        value: 'grouped.w',
        role: 'consume',
        axis: 1,
        indices: [index],
        within: { axis: 0, from: 4 * b, to: 4 * (b + 1) },
      })),
    );
  });

  it('lists the rows of a depthwise weight as read and made, BatchNormalization as passed, a flattened map position by position', async () => {
    const g = new GraphBuilder();
    const conv = convOn(g);
    const draw = drawWeights();
    const deep = conv(conv(g.input('x', [1, 3, 2, 2]), 3, 4, 'first'), 4, 8, 'deep', 4);
    const vectors = ['scale', 'bias', 'mean', 'variance'].map((name) =>
      g.constant({ dims: [8], data: new Array(8).fill(1) }, name),
    );
    const normed = g.node('BatchNormalization', [deep, ...vectors], {}, 'bn');
    const flat = g.node('Flatten', [normed], { axis: 1 });
    g.output(g.node('Gemm', [flat, g.constant(draw(5, 32), 'fc.w')], { transB: 1 }, 'fc'));
    const { traced, coupling } = await analyse(g.model());
    const cuts = listCuts(traced, coupling, dropChannels(traced, coupling, { first_out: [1] }));
    expect(cuts.map(({ value, role, axis, indices }) => `${value} ${role} ${axis}: ${indices}`)).toEqual([
      'first.w produce 0: 1',
      'first.b produce 0: 1',
      'deep.w consume 0: 2,3',
      'deep.w produce 0: 2,3',
      'deep.b produce 0: 2,3',
      'scale pass 0: 2,3',
      'bias pass 0: 2,3',
      'mean pass 0: 2,3',
      'variance pass 0: 2,3',
      'fc.w consume 1: 8,9,10,11,12,13,14,15',
    ]);
  });

  it('names constant expressions by their output', async () => {
    const g = new GraphBuilder();
    const first = convOn(g)(g.input('x', [1, 3, 4, 4]), 3, 4, 'first');
    const value = { type: 'float32', ...drawWeights()(2, 4, 1, 1) } as const;
    const weight = g.node('Identity', [g.node('Constant', [], { value }, 'stored')], {}, 'renamed');
    g.output(g.node('Conv', [first, weight], {}, 'head'));
    const { traced, coupling } = await analyse(g.model());
    const cuts = listCuts(traced, coupling, dropChannels(traced, coupling, { first_out: [3] }));
    expect(cuts.at(-1)).toMatchObject({
      node: 'head_out',
      input: 1,
      value: 'renamed_out',
      role: 'consume',
      indices: [3],
    });
  });

  it('is empty when everything stays', async () => {
    const { traced, coupling } = await analyse(shuffleNet());
    expect(listCuts(traced, coupling, keepAll(coupling))).toEqual([]);
  });
});

/** first 8 → split 3 + 5, each read by its own convolution. */
function splitNet() {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const first = conv(g.input('x', [1, 3, 8, 8]), 3, 8, 'first');
  const [a, b] = g.nodes('Split', [first, g.integers([3, 5])], { axis: 1 }, 2) as [string, string];
  g.output(g.node('Add', [conv(a, 3, 4, 'left'), conv(b, 5, 4, 'right')]));
  return g.model();
}

describe('listPlanGroups', () => {
  it('lists a root once per group of its channels', async () => {
    const { traced, coupling } = await analyse(splitNet());
    const keep = dropChannels(traced, coupling, { first_out: [0, 2, 7] });
    expect(listPlanGroups(traced, coupling, keep)).toEqual([
      { root: 'first_out', channels: 8, removed: [0, 2] },
      { root: 'first_out', channels: 8, removed: [7] },
    ]);
  });
});

describe('rootLabels', () => {
  it('gives one class per output channel, also of a grouped transposed convolution', async () => {
    const g = new GraphBuilder();
    const first = convOn(g)(g.input('x', [1, 3, 4, 4]), 3, 6, 'first');
    const up = g.node(
      'ConvTranspose',
      [first, g.constant(drawWeights()(6, 2, 2, 2), 'up.w')],
      { group: 3 },
      'up',
    );
    g.output(convOn(g)(up, 6, 4, 'head'));
    const { coupling } = await analyse(g.model());
    expect(new Set(rootLabels(coupling, 1)).size).toBe(6);
    expect(rootLabels(coupling, 0)).toHaveLength(6);
  });
});
