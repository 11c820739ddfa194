import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { createRandom } from '../random.ts';
import { analyse, convOn, dropChannels, residualNet, shuffleNet } from './analysed-net.case.ts';
import { choosePlan, type PlanOptions, TARGET_TOLERANCE } from './choose-plan.ts';
import { rootLabels } from './cuts.ts';

/** conv 32 → 64 → 64 → 64 → head: wide enough for every target within a percent. */
function wideNet() {
  const g = new GraphBuilder();
  const conv = convOn(g);
  let x = conv(g.input('x', [1, 3, 8, 8]), 3, 32, 'first');
  for (const [i, from] of [32, 64, 64].entries()) x = g.node('Relu', [conv(x, from, 64, `layer${i}`)]);
  g.output(conv(x, 64, 4, 'head'));
  return g.model();
}

async function choose(model: ReturnType<typeof wideNet>, options: PlanOptions, seed = 1) {
  const net = await analyse(model);
  const random = createRandom(seed);
  const scores = Float64Array.from(net.coupling.classes, () => random.next());
  return { ...net, scores, choice: choosePlan(net.traced, net.coupling, net.costs, scores, options) };
}

const refusal = (kind: string, code: string, message: string) =>
  expect.objectContaining({ kind, code, message: expect.stringContaining(message) });

/** Kept channels of a layer. */
function keptOf(
  { traced, coupling, choice }: Awaited<ReturnType<typeof choose>>,
  layer: string,
): readonly number[] {
  const labels = rootLabels(
    coupling,
    traced.nodes.findIndex(({ name }) => name === layer),
  );
  return [...labels.keys()].filter((channel) => choice.keep[labels[channel]!] === 1);
}

describe('targets', () => {
  it.each([0.95, 0.6, 0.4, 0.1])(
    'keep %f of the multiply-accumulates or parameters, within a percent',
    async (value) => {
      for (const kind of ['macs', 'params'] as const) {
        const { choice } = await choose(wideNet(), { [kind]: value });
        expect(Math.abs(choice.cost[kind] / choice.original[kind] - value)).toBeLessThanOrEqual(
          TARGET_TOLERANCE,
        );
        expect(choice.least).toBeLessThan(value);
      }
    },
  );

  it('are met within a percent by any scores, target and rounding that leave room for it', async () => {
    const net = await analyse(wideNet());
    const draws = fc.record({
      seed: fc.nat(999),
      macs: fc.double({ min: 0.15, max: 1, noNaN: true }),
      roundTo: fc.constantFrom(1, 2, 4),
      ranking: fc.constantFrom('global', 'local'),
    });
    fc.assert(
      fc.property(draws, ({ seed, ...options }) => {
        const random = createRandom(seed);
        const scores = Float64Array.from(net.coupling.classes, () => random.next());
        const { cost, original } = choosePlan(net.traced, net.coupling, net.costs, scores, options);
        const tolerance = options.roundTo * TARGET_TOLERANCE;
        expect(Math.abs(cost.macs / original.macs - options.macs)).toBeLessThanOrEqual(tolerance);
      }),
      { seed: 11, numRuns: 40 },
    );
  });

  it('of everything keep everything', async () => {
    const { choice } = await choose(residualNet(), { macs: 1 });
    expect(choice.keep.every((bit) => bit === 1)).toBe(true);
    expect(choice).toMatchObject({ removedChannels: 0, cost: choice.original });
  });

  it('out of reach say what stops them', async () => {
    await expect(choose(residualNet(), { macs: 0.01 })).rejects.toThrow(
      refusal(
        'target',
        'plan.unreachable',
        "4 channels are frozen because 'head_out' is an output of the model",
      ),
    );
    const message = /macs 0.5 cannot be reached: within the limits at least 0\.\d{3} of [\d,]+ stay/;
    await expect(choose(residualNet(), { macs: 0.5, maxRatio: 0.1 })).rejects.toThrow(message);
    // Widths in multiples of more than the layers have leave nothing to cut, which no higher target mends.
    await expect(choose(residualNet(), { macs: 0.5, roundTo: 64 })).rejects.toMatchObject({
      message: expect.stringMatching(/^macs 0\.5 .* and at widths in multiples of 64 at least 1\.000 of /),
      hint: 'Raise --max-ratio, lower --round-to, or drop --ignore.',
    });
  });

  it('cut the channels with the lowest scores first', async () => {
    const run = await choose(wideNet(), { macs: 0.7 });
    const { coupling, choice, scores } = run;
    const cuttable = coupling.classes.filter(({ frozen }) => frozen < 0).map(({ id }) => id);
    const gone = cuttable.filter((id) => choice.keep[id] === 0).map((id) => scores[id]!);
    const kept = cuttable.filter((id) => choice.keep[id] === 1).map((id) => scores[id]!);
    // Refining brings single channels back around the border, no more.
    const border = Math.max(...gone);
    expect(kept.filter((score) => score < border).length).toBeLessThan(0.05 * cuttable.length);
  });

  it('keep the blocks of grouped layers equal', async () => {
    const run = await choose(shuffleNet(), { macs: 0.6 });
    const perBlock = [0, 1, 2].map(
      (b) => keptOf(run, 'grouped').filter((c) => Math.floor(c / 4) === b).length,
    );
    expect(new Set(perBlock).size).toBe(1);
  });
});

describe('ratios', () => {
  it('take the same share of every group, unless ranked globally', async () => {
    const local = await choose(wideNet(), { ratio: 0.25 });
    expect(['first', 'layer0', 'layer1', 'layer2'].map((layer) => keptOf(local, layer).length)).toEqual([
      24, 48, 48, 48,
    ]);
    expect(local.choice.removedChannels).toBeCloseTo(0.25, 5);
    const global = await choose(wideNet(), { ratio: 0.25, ranking: 'global' });
    expect(global.choice.removedChannels).toBeCloseTo(0.25, 5);
    expect(keptOf(global, 'first').length).not.toBe(24);
  });

  it('by layer go by name, pattern or order', async () => {
    const byName = await choose(wideNet(), { layerRatios: { first: 0.5, 'layer*_out': 0.25 } });
    const byOrder = await choose(wideNet(), { layerRatios: [0.5, 0.25, 0.25, 0.25] });
    expect(byName.choice.keep).toEqual(byOrder.choice.keep);
    expect(['first', 'layer0', 'layer2', 'head'].map((layer) => keptOf(byName, layer).length)).toEqual([
      16, 48, 48, 4,
    ]);
    const short = await choose(wideNet(), { layerRatios: [0.5] });
    expect(['first', 'layer0'].map((layer) => keptOf(short, layer).length)).toEqual([16, 64]);
  });

  it('by layer: the first pattern that matches counts', async () => {
    const run = await choose(wideNet(), { layerRatios: { layer1: 0.5, 'layer*': 0.25, 'la*': 0 } });
    expect(['layer0', 'layer1'].map((layer) => keptOf(run, layer).length)).toEqual([48, 32]);
  });

  it.each<[string, PlanOptions['layerRatios'], string]>([
    ['an unknown name', { frist: 0.5 }, "'frist', which is no prunable layer"],
    ['a layer that cannot be cut', { head: 0.5 }, "'head', which is no prunable layer"],
    ['too long a list', [0, 0, 0, 0, 0], 'list 5 entries, the model has 4 prunable layers'],
  ])('by layer refuse %s', async (_, layerRatios, message) => {
    await expect(choose(wideNet(), { layerRatios: layerRatios! })).rejects.toThrow(
      refusal('usage', 'plan.unknown-layer', message),
    );
  });
});

it.each<[string, PlanOptions, string]>([
  ['no target', {}, 'No target was given.'],
  ['two targets', { macs: 0.5, ratio: 0.5 }, 'More than one target was given: macs, ratio.'],
  ['macs 0', { macs: 0 }, 'The target macs is 0; it must lie in (0, 1].'],
  ['macs 1.5', { macs: 1.5 }, 'macs is 1.5'],
  ['params NaN', { params: Number.NaN }, 'params is NaN'],
  ['ratio 1', { ratio: 1 }, 'The target ratio is 1; it must lie in [0, 1).'],
  ['ratio -0.1', { ratio: -0.1 }, 'ratio is -0.1'],
  ['a layer ratio of 1', { layerRatios: { first: 1 } }, "The ratio of layer 'first' is 1"],
])('%s is refused', async (_, options, message) => {
  await expect(choose(residualNet(), options)).rejects.toThrow(refusal('usage', 'plan.bad-target', message));
});

describe('nothing to cut', () => {
  it('names what freezes the channels there are', async () => {
    const g = new GraphBuilder();
    g.output(convOn(g)(g.input('x', [1, 3, 8, 8]), 3, 4, 'only'));
    await expect(choose(g.model(), { macs: 0.6 })).rejects.toThrow(
      refusal(
        'target',
        'plan.nothing-to-cut',
        "4 channels are frozen because 'only_out' is an output of the model",
      ),
    );
  });

  it('says so of a model without layers', async () => {
    const g = new GraphBuilder();
    g.output(g.node('Relu', [g.input('x', [1, 3])]));
    await expect(choose(g.model(), { macs: 0.6 })).rejects.toThrow(
      refusal('target', 'plan.nothing-to-cut', 'no convolution or matrix product'),
    );
  });

  it('says so when every layer is ignored', async () => {
    await expect(choose(residualNet(), { macs: 0.6, ignore: ['*'] })).rejects.toThrow(
      refusal('target', 'plan.nothing-to-cut', 'every layer that can be cut is ignored'),
    );
  });
});

it('scores decide, ties go to the first channel: the same call gives the same plan', async () => {
  const { traced, coupling, costs } = await analyse(residualNet());
  const scores = new Float64Array(coupling.classes.length);
  const once = choosePlan(traced, coupling, costs, scores, { layerRatios: { first: 0.25 } });
  expect(once.keep).toEqual(dropChannels(traced, coupling, { first_out: [0, 1] }));
});
