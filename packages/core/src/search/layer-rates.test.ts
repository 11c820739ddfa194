import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { analyse, convOn, residualNet } from '../plan/analysed-net.case.ts';
import { prepareLimits } from '../plan/limits.ts';
import { listPrunableGroups } from './group-cuts.ts';
import { assignRates, type LayerRates, orderTable, parseLayerRates } from './layer-rates.ts';

const refused = (message: string) =>
  expect.objectContaining({ code: 'run.layer-rates', kind: 'usage', message });

async function open(model = residualNet()) {
  const { traced, coupling } = await analyse(model);
  const scores = new Float64Array(coupling.classes.length);
  const limiter = prepareLimits(traced, coupling, scores, {});
  const groups = listPrunableGroups(traced, coupling, limiter);
  const named = (map: ReadonlyMap<number, number>) =>
    Object.fromEntries([...map].map(([id, rate]) => [groups.find(({ group }) => group === id)!.root, rate]));
  return {
    ...{ traced, coupling, groups },
    rates: (table: LayerRates) => named(assignRates(traced, coupling, limiter, table)),
  };
}

/** A plain convolution, a depthwise one behind it, and a residual block whose stream is 12 wide. */
function blockNet() {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const plain = conv(g.input('x', [1, 3, 8, 8]), 3, 8, 'plain');
  const stream = conv(conv(plain, 8, 8, 'depthwise', 8), 8, 12, 'stream');
  const sum = g.node('Add', [stream, conv(conv(stream, 12, 6, 'inner'), 6, 12, 'outer')]);
  g.output(conv(sum, 12, 4, 'head'), [1, 4, 8, 8]);
  return g.model();
}

describe('parseLayerRates', () => {
  it.each<[string, readonly number[]]>([
    ['[0]+[.15]*2+[.4]*3', [0, 0.15, 0.15, 0.4, 0.4, 0.4]],
    ['[.45]*2 + [.78]*1', [0.45, 0.45, 0.78]],
    ['[0.1, 0.2]*2+[0.]', [0.1, 0.2, 0.1, 0.2, 0]],
  ])('reads %s', (text, rates) => {
    expect(parseLayerRates(text)).toEqual(rates);
  });

  it('reads names', () => {
    expect(parseLayerRates('conv1=0.3, layer*/a=b=.5 ,rest=0')).toEqual({
      conv1: 0.3,
      'layer*/a=b': 0.5,
      rest: 0,
    });
  });

  it.each([
    '',
    '[]',
    '[1]',
    '[.5',
    '[.5]*',
    '[.5]*0',
    '[.5]+',
    '[-.1]',
    '[.5]*2+.4',
    'conv1',
    'a=1',
    'a=',
    '=.5',
    'a=.5,,b=.5',
  ])('refuses %j', (text) => {
    expect(() => parseLayerRates(text)).toThrow(refused(`'${text}' is no table of layer rates.`));
  });
});

describe('orderTable', () => {
  it('puts what several layers write together first; a depthwise layer writes nothing of its own', async () => {
    const { coupling, groups } = await open(blockNet());
    expect(groups.map(({ root }) => root)).toEqual(['plain_out', 'stream_out', 'inner_out']);
    expect(orderTable(coupling, groups).map(({ root }) => root)).toEqual([
      'stream_out',
      'plain_out',
      'inner_out',
    ]);
  });
});

describe('assignRates', () => {
  it('counts a list in the order of the table, and leaves out what loses nothing', async () => {
    const { rates } = await open(blockNet());
    expect(rates([0.1, 0.2, 0.3])).toEqual({ stream_out: 0.1, plain_out: 0.2, inner_out: 0.3 });
    expect(rates([0.1, 0, 0.3])).toEqual({ stream_out: 0.1, inner_out: 0.3 });
  });

  it('goes by names and patterns, of which the first that matches counts', async () => {
    const { rates } = await open(blockNet());
    expect(rates({ inner: 0.5, '*n*': 0.25, stream_out: 0.9 })).toEqual({
      inner_out: 0.5,
      plain_out: 0.25,
      stream_out: 0.9,
    });
    expect(rates({ plain: 0, 'p*': 0.5 })).toEqual({});
  });

  it.each<[string, LayerRates, string]>([
    ['too few rates', [0.5], 'The table has 1 rates, the model 2 groups that can be cut.'],
    ['too many', [0.5, 0.5, 0], 'The table has 3 rates, the model 2 groups that can be cut.'],
    ['an unknown name', { frist: 0.5 }, "The table names 'frist', which is no group that can be cut."],
    ['a group that stays', { head: 0.5 }, "The table names 'head', which is no group that can be cut."],
  ])('refuses %s and lists the groups', async (_, table, message) => {
    const { rates } = await open();
    expect(() => rates(table)).toThrow(refused(message));
    expect(() => rates(table)).toThrow(
      expect.objectContaining({
        hint: 'The groups, with their channels, in the order of the table: 1 second_out (12), 2 first_out (8).',
      }),
    );
  });
});
