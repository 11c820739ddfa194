import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeepMask } from '../coupling/survivors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { analyse, branchedNet, convOn, residualNet } from '../plan/analysed-net.case.ts';
import { listPlanGroups } from '../plan/cuts.ts';
import { type PlanLimits, prepareLimits } from '../plan/limits.ts';
import { cutGroups, fitRates, listPrunableGroups, scaleRates } from './group-cuts.ts';

/** One convolution of 8 whose first 6 channels go one way and the last 2 another. */
function splitNet() {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const stem = conv(g.input('x', [1, 3, 8, 8]), 3, 8, 'stem');
  const [left, right] = g.nodes('Split', [stem, g.integers([6, 2])], { axis: 1 }, 2) as [string, string];
  g.output(g.node('Add', [conv(left, 6, 4, 'left'), conv(right, 2, 4, 'right')]), [1, 4, 8, 8]);
  return g.model();
}

async function open(model = residualNet(), limits: PlanLimits = {}, score = (id: number) => id) {
  const { traced, coupling, costs } = await analyse(model);
  const scores = Float64Array.from(coupling.classes, (_, id) => score(id));
  const limiter = prepareLimits(traced, coupling, scores, limits);
  const targets = listPrunableGroups(traced, coupling, limiter);
  const removedBy = (keep: KeepMask) =>
    Object.fromEntries(listPlanGroups(traced, coupling, keep).map(({ root, removed }) => [root, removed]));
  const cut = (...rates: readonly number[]) =>
    cutGroups(coupling, scores, limiter, new Map(rates.map((rate, i) => [targets[i]!.group, rate])));
  return { traced, coupling, costs, scores, limiter, targets, removedBy, cut };
}

describe('listPrunableGroups', () => {
  it('lists what may lose channels, and not the output', async () => {
    const { targets } = await open();
    expect(targets).toMatchObject([
      { root: 'first_out', part: 0, channels: 8 },
      { root: 'second_out', part: 0, channels: 12 },
    ]);
  });

  it('leaves out ignored layers and all that is tied to them', async () => {
    const { targets } = await open(residualNet(), { ignore: ['third'] });
    expect(targets.map(({ root }) => root)).toEqual(['first_out']);
  });

  it('numbers the groups of one root', async () => {
    const { targets } = await open(splitNet());
    expect(targets).toMatchObject([
      { root: 'stem_out', part: 0, channels: 6 },
      { root: 'stem_out', part: 1, channels: 2 },
    ]);
  });
});

describe('cutGroups', () => {
  it('takes a branch altogether where all of it is asked for and that is allowed', async () => {
    const removedOf = async (limits: PlanLimits, rate: number) => {
      const { removedBy, cut } = await open(branchedNet(), limits);
      return removedBy(cut(0, rate)).inner_out;
    };
    expect(await removedOf({ branches: true }, 1)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await removedOf({ branches: true }, 0.99)).toHaveLength(5);
    expect(await removedOf({}, 1)).toHaveLength(5);
  });

  it('takes the lowest scores of each group', async () => {
    const { removedBy, cut } = await open(residualNet(), {}, (id) => -id);
    expect(removedBy(cut(0.25, 0.5))).toEqual({ first_out: [6, 7], second_out: [6, 7, 8, 9, 10, 11] });
  });

  it('takes the first of equal scores', async () => {
    const { removedBy, cut } = await open(residualNet(), {}, () => 1);
    expect(removedBy(cut(0.25))).toEqual({ first_out: [0, 1] });
  });

  it('takes one channel for the smallest rate, none for 0, and leaves one for the largest', async () => {
    const { removedBy, cut } = await open(residualNet(), { maxRatio: 1 });
    expect(removedBy(cut(1e-9, 0))).toEqual({ first_out: [0] });
    expect(removedBy(cut(0.999))).toEqual({ first_out: [0, 1, 2, 3, 4, 5, 6] });
  });

  it('never takes all of a group, so that its name does not pass to the next', async () => {
    const { removedBy, cut } = await open(splitNet());
    expect(removedBy(cut(0, 0.75))).toEqual({ stem_out: [6] });
  });

  it('is held by the limits', async () => {
    const { removedBy, cut } = await open(residualNet(), { roundTo: 4 });
    expect(removedBy(cut(0.25, 0.5))).toEqual({ second_out: [0, 1, 2, 3] });
  });
});

it('scaleRates multiplies every rate', () => {
  const rates = new Map([
    [3, 0.5],
    [5, 0.2],
  ]);
  expect([...scaleRates(rates, 0.5)]).toEqual([
    [3, 0.25],
    [5, 0.1],
  ]);
});

describe('fitRates', () => {
  it('leaves rates alone that stay above the measure', async () => {
    const { coupling, scores, limiter, costs, targets } = await open();
    const rates = new Map([[targets[0]!.group, 0.25]]);
    expect(fitRates(coupling, scores, limiter, costs, rates, { measure: 'macs', least: 0 })).toBe(rates);
  });

  it('scales rates down as little as it takes', async () => {
    const { coupling, scores, limiter, costs, targets } = await open();
    const rates = new Map(targets.map(({ group }) => [group, 0.75]));
    const total = (map: ReadonlyMap<number, number>) =>
      costs.totals(cutGroups(coupling, scores, limiter, map)).params;
    // One channel more would take it below the middle between the two.
    const least = (costs.original.params + total(rates)) / 2;
    const fitted = fitRates(coupling, scores, limiter, costs, rates, { measure: 'params', least });
    const factor = fitted.get(targets[0]!.group)! / 0.75;
    expect(total(fitted)).toBeGreaterThanOrEqual(least);
    expect(total(scaleRates(rates, factor + 2 ** -12))).toBeLessThan(least);
  });

  it('never goes below the least, however near it is', async () => {
    const { coupling, scores, limiter, costs, targets } = await open();
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.tuple(share, share),
        share,
        fc.constantFrom('macs' as const, 'params' as const),
        (drawn, part, measure) => {
          const rates = new Map(targets.map(({ group }, i) => [group, drawn[i]!]));
          const least = part * costs.original[measure];
          const fitted = fitRates(coupling, scores, limiter, costs, rates, { measure, least });
          const left = costs.totals(cutGroups(coupling, scores, limiter, fitted))[measure];
          expect(left).toBeGreaterThanOrEqual(least);
        },
      ),
    );
  });
});
