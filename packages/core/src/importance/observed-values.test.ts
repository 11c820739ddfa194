import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { nodeId } from '../graph/traced-model.ts';
import { analyse, convOn, drawWeights } from '../plan/analysed-net.case.ts';
import { findFeatureMaps, findReadValues, type ObservedValue } from './observed-values.ts';

/** `layer: value` of everything found, and the positions where they are not simply all of them. */
async function look(draw: (g: GraphBuilder, conv: ReturnType<typeof convOn>, x: string) => string) {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const x = g.input('x', [1, 3, 8, 8]);
  const last = draw(g, conv, conv(x, 3, 8, 'stem'));
  g.output(conv(last, 8, 4, 'head'));
  const { traced, coupling } = await analyse(g.model());
  const tell = (found: readonly ObservedValue[]) =>
    found.map(({ use, value }) => `${nodeId(traced.nodes[coupling.uses[use]!.node]!)}: ${value}`);
  const reads = findReadValues(traced, coupling);
  return { maps: tell(findFeatureMaps(traced, coupling)), reads: tell(reads), read: reads };
}

describe('findFeatureMaps', () => {
  it('looks behind batch normalization and activation', async () => {
    const { maps } = await look((g, _, x) => {
      const vector = (value: number) => g.constant({ dims: [8], data: new Float32Array(8).fill(value) });
      const bn = [vector(1), vector(0), vector(0), vector(1)];
      return g.node('Relu', [g.node('BatchNormalization', [x, ...bn])], {}, 'act');
    });
    expect(maps).toEqual(['stem_out: act_out']);
  });

  it.each([
    ['SiLU', (g: GraphBuilder, x: string) => g.node('Mul', [x, g.node('Sigmoid', [x])], {}, 'act')],
    [
      'hard swish, spelled out',
      (g: GraphBuilder, x: string) => {
        const number = (value: number) => g.constant({ dims: [], data: [value] });
        const shifted = g.node('Clip', [g.node('Add', [x, number(3)]), number(0), number(6)]);
        return g.node('Div', [g.node('Mul', [x, shifted]), number(6)], {}, 'act');
      },
    ],
  ])('follows a gate made of the value itself: %s', async (_, activate) => {
    const { maps } = await look((g, __, x) => activate(g, x));
    expect(maps).toEqual(['stem_out: act_out']);
  });

  it('stops where a value is read by more than its activation, at sums and at poolings', async () => {
    const { maps } = await look((g, conv, x) => {
      const stem = g.node('Relu', [x], {}, 'stem_act');
      const inner = g.node('Relu', [conv(stem, 8, 8, 'inner')], {}, 'inner_act');
      const sum = g.node('Add', [stem, conv(inner, 8, 8, 'back')]);
      return g.node('MaxPool', [g.node('Relu', [sum])], { kernel_shape: [2, 2], strides: [2, 2] });
    });
    expect(maps).toEqual(['stem_out: stem_act_out', 'inner_out: inner_act_out', 'back_out: back_out']);
  });

  it('takes a convolution that is read by another one as it is, and depthwise filters for filters', async () => {
    const { maps } = await look((g, conv, x) => g.node('Relu', [conv(x, 8, 8, 'deep', 8)], {}, 'act'));
    expect(maps).toEqual(['stem_out: stem_out', 'deep_out: act_out']);
  });

  it('does not pass a value that is an output of the model: it is frozen', async () => {
    const { maps } = await look((g, _, x) => {
      g.output(x);
      return g.node('Relu', [x]);
    });
    expect(maps).toEqual([]);
  });
});

describe('findReadValues', () => {
  it('names what each weight reads; depthwise ones only hand on', async () => {
    const { reads } = await look((g, conv, x) => g.node('Relu', [conv(x, 8, 8, 'deep', 8)], {}, 'act'));
    expect(reads).toEqual(['head_out: act_out']);
  });

  it('tells the blocks of a grouped weight apart', async () => {
    const { reads, read } = await look((_, conv, x) => conv(x, 8, 8, 'grouped', 2));
    expect(reads).toEqual(['grouped_out: stem_out', 'grouped_out: stem_out', 'head_out: grouped_out']);
    expect(read.map(({ positions }) => [...positions].join())).toEqual([
      '0,1,2,3',
      '4,5,6,7',
      '0,1,2,3,4,5,6,7',
    ]);
  });

  it('reads every position of a flattened map', async () => {
    const g = new GraphBuilder();
    const map = convOn(g)(g.input('x', [1, 1, 2, 2]), 1, 3, 'stem');
    const flat = g.node('Flatten', [map], {}, 'flat');
    g.output(g.node('Gemm', [flat, g.constant(drawWeights()(12, 5))]));
    const { traced, coupling } = await analyse(g.model());
    expect(findReadValues(traced, coupling)).toMatchObject([{ value: 'flat_out', axis: 1 }]);
    expect(findReadValues(traced, coupling)[0]!.positions).toHaveLength(12);
  });
});
