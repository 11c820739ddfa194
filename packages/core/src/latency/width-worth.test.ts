import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import { analyse, branchedNet, convOn } from '../plan/analysed-net.case.ts';
import { prepareLimits } from '../plan/limits.ts';
import { listPrunableGroups } from '../search/group-cuts.ts';
import type { Sensitivity } from '../search/sensitivity.ts';
import { type WidthWorth, worthByCurves, worthByScores } from './width-worth.ts';

/** A group of 16 channels whose metric drops from 0.8 as the pairs say: channels removed, drop. */
function seen(points: readonly (readonly [removed: number, drop: number])[]): Sensitivity {
  return {
    ...{ metric: 'top1', higherIsBetter: true, baseline: { value: 0.8, macs: 1, params: 1 }, samples: 100 },
    groups: [
      {
        ...{ root: 'conv', part: 0, channels: 16, age: 0 },
        points: points.map(([removed, drop]) => ({
          ...{ rate: removed / 16, removed, macs: 1, params: 1, value: 0.8 - drop, drop },
          ...{ interval: null, samples: 100 },
        })),
      },
    ],
  };
}

const nothing: WidthWorth = () => 0;
const group = { group: 0, root: 'conv', part: 0, channels: 16 };

/** Two layers of 12 channels, one behind the other, before a head. */
function twoLayers(): Model {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const first = conv(g.input('x', [1, 3, 4, 4]), 3, 12, 'first');
  g.output(conv(conv(first, 12, 12, 'second'), 12, 2, 'head'));
  return g.model();
}

async function scored(model: Model, scoreOf: (id: number) => number) {
  const { traced, coupling, costs: cost } = await analyse(model);
  const scores = Float64Array.from(coupling.classes, (_, id) => scoreOf(id));
  const limiter = prepareLimits(traced, coupling, scores, { branches: true });
  const groups = listPrunableGroups(traced, coupling, limiter);
  const worth = worthByScores({ traced, coupling, cost }, scores, limiter);
  return { coupling, cost, scores, groups, worth };
}

describe('worthByScores', () => {
  it('adds logarithms: of the importance that the group keeps, and of the work that the model keeps', async () => {
    const { coupling, cost, scores, groups, worth } = await scored(twoLayers(), (id) => 1 + (id % 3));
    const [first, second] = groups as [(typeof groups)[number], (typeof groups)[number]];
    const classes = [...coupling.groups[first.group]!.classes];
    const ordered = classes.map((id) => scores[id]!).sort((a, b) => b - a);
    const sum = (some: readonly number[]): number => some.reduce((a, b) => a + b, 0);
    const importance = Math.log(sum(ordered.slice(0, 8)) / sum(ordered));
    const keep = new Uint8Array(coupling.classes.length).fill(1);
    for (const id of classes.sort((a, b) => scores[a]! - scores[b]!).slice(0, 4)) keep[id] = 0;
    const work = Math.log(cost.totals(keep).macs / cost.original.macs);
    expect(worth(first, 0)).toBe(0);
    expect(worth(first, 1 / 3)).toBeCloseTo(importance + 5 * 2 * work, 9);
    // A channel of the first layer takes 3 + 12 kernels along, one of the second 12 + 2.
    expect(worth(second, 1 / 3)).toBeGreaterThan(worth(first, 1 / 3));
  });

  it('is less for a branch that goes than for one of a single channel, and no catastrophe', async () => {
    const { groups, worth } = await scored(branchedNet(), (id) => 1 + (id % 3));
    const branch = groups[1]!;
    const single = worth(branch, 1 - 1 / branch.channels);
    expect(worth(branch, 1)).toBeLessThan(single);
    expect(worth(branch, 1)).toBeGreaterThan(4 * single);
  });

  it('is finite where all scores are zero, and falls with the rate', async () => {
    const { groups, worth } = await scored(twoLayers(), () => 0);
    const values = [0, 0.25, 0.5, 0.75, 11 / 12].map((rate) => worth(groups[0]!, rate));
    for (const [at, value] of values.entries()) {
      expect(Number.isFinite(value)).toBe(true);
      if (at > 0) expect(value).toBeLessThan(values[at - 1]!);
    }
  });
});

describe('worthByCurves', () => {
  it('is the drop at the points of the curve, and straight between them', () => {
    const worth = worthByCurves(
      seen([
        [4, 0.05],
        [8, 0.2],
      ]),
      nothing,
    );
    expect([0, 0.125, 0.25, 0.375, 0.5].map((rate) => worth(group, rate))).toEqual([
      0,
      ...[-0.025, -0.05, -0.125, -0.2].map((value) => expect.closeTo(value, 12)),
    ]);
  });

  it('goes on as steep as it was, where nothing is left to lose and beyond the last point', () => {
    const worth = worthByCurves(
      seen([
        [4, 0.4],
        [8, 0.7],
        [12, 0.71],
      ]),
      nothing,
    );
    expect(worth(group, 0.75)).toBeCloseTo(-1.2, 12);
    expect(worth(group, 0.875)).toBeCloseTo(-1.4, 12);
  });

  it('is the logarithm of what was left without any channels, and no more than with some', () => {
    const worth = (points: Parameters<typeof seen>[0]) => worthByCurves(seen(points), nothing)(group, 1);
    expect(
      worth([
        [4, 0.1],
        [12, 0.4],
        [16, 0.45],
      ]),
    ).toBeCloseTo(0.8 * Math.log(0.35 / 0.8), 12);
    expect(
      worth([
        [4, 0.1],
        [12, 0.4],
        [16, 0.35],
      ]),
    ).toBeCloseTo(0.8 * Math.log(0.5), 12);
    expect(worth([[16, 0.8]])).toBeCloseTo(0.8 * Math.log(0.01), 12);
    expect(
      worth([
        [4, 0.1],
        [12, 0.4],
      ]),
    ).toBeCloseTo(-0.55, 12);
  });

  it('knows no gain: a cut that made the metric better costs nothing', () => {
    const worth = worthByCurves(
      seen([
        [4, -0.02],
        [8, 0.1],
      ]),
      nothing,
    );
    expect(worth(group, 0.25)).toBeCloseTo(0, 12);
    expect(worth(group, 0.5)).toBeCloseTo(-0.1, 12);
  });

  it('counts channels that went, not those that were asked for', () => {
    const { groups, ...rest } = seen([[4, 0.1]]);
    const held = groups.map((each) => ({
      ...each,
      points: each.points.map((point) => ({ ...point, rate: 0.75 })),
    }));
    expect(worthByCurves({ ...rest, groups: held }, nothing)(group, 0.25)).toBeCloseTo(-0.1, 12);
  });

  it('counts what scores say beside the drop, and alone where there is no curve', () => {
    const byScores: WidthWorth = (_, rate) => Math.log(1 - rate);
    const worth = worthByCurves(seen([[8, 0.1]]), byScores);
    expect(worth(group, 0.5)).toBeCloseTo(0.064 * Math.log(0.5) - 0.1, 12);
    expect(worth({ ...group, root: 'other' }, 0.5)).toBeCloseTo(0.064 * Math.log(0.5), 12);
  });

  it('never rises with the rate, whatever the curve', () => {
    const drops = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(drops, (values) => {
        const worth = worthByCurves(seen(values.map((drop, at) => [4 * at + 2, drop])), nothing);
        const at = Array.from({ length: 17 }, (_, removed) => worth(group, removed / 16));
        const slopes = at.slice(1).map((value, i) => at[i]! - value);
        for (const [i, slope] of slopes.entries())
          expect(slope).toBeGreaterThanOrEqual((slopes[i - 1] ?? 0) - 1e-9);
      }),
    );
  });
});
