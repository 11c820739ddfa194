import {
  groupName,
  type KeepMask,
  type LayerRates,
  listPrunableGroups,
  type PlanLimits,
  prepareLimits,
} from '@espalier/core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Analysis } from '../pipeline/analyse-file.ts';
import { follow } from '../pipeline/events.ts';
import { measureSensitivity } from './measure-sensitivity.ts';
import { analyseModel, drawScores, engine, PROBED_NETS, readNoise, topOne } from './probed-nets.case.ts';
import { faintNet } from './searched-net.case.ts';
import {
  changedGroups,
  isSingle,
  needsSensitivity,
  propose,
  type Situation,
  targetOfTable,
} from './strategies.ts';

let analysis: Analysis;
let base: Situation;
beforeAll(async () => {
  analysis = await analyseModel(PROBED_NETS.residual());
  const scores = drawScores(analysis);
  const images = await readNoise(analysis.file.model, 80);
  const sensitivity = await follow(
    measureSensitivity(analysis, { engine, scores, images, metrics: topOne, precision: 0 }),
  );
  base = { analysis, scores, sensitivity, limits: {}, iteration: 0, measure: 'macs', least: 0 };
});

const macs = (keep: KeepMask) => analysis.cost.totals(keep).macs / analysis.cost.original.macs;
const at = (kept: number): Partial<Situation> => ({ least: kept * analysis.cost.original.macs });
const removed = (keep: KeepMask) => keep.reduce((sum, bit) => sum + 1 - bit, 0);

describe('iterative', () => {
  const iterative = (wishes: Partial<Situation> = {}) => propose('iterative', { ...base, ...wishes });

  it('cuts the picked groups to their picked rates, weaker by strength', () => {
    const { picks, at: cut } = iterative({ counts: { params: 1, macs: 1 } })!;
    expect(picks).toHaveLength(2);
    expect(changedGroups(analysis.coupling, cut(1)).size).toBe(2);
    const sizes = [1, 0.5, 0.25].map((strength) => removed(cut(strength)));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(new Set(sizes).size).toBeGreaterThan(1);
    const wished = picks.reduce((sum, { point }) => sum + point.removed, 0);
    expect(sizes[0]).toBe(wished);
  });

  it('leaves out the group that is worst alone when half the strength was too much', () => {
    const { picks, at: cut } = iterative({ counts: { params: 2, macs: 1 } })!;
    expect(picks).toHaveLength(3);
    const byDrop = [...picks].sort((a, b) => a.point.drop - b.point.drop);
    const groups = listPrunableGroups(
      analysis.traced,
      analysis.coupling,
      prepareLimits(analysis.traced, analysis.coupling, base.scores, {}),
    );
    const idsOf = (some: typeof picks) =>
      some.map(({ group }) => groups.find((each) => groupName(each) === groupName(group))!.group);
    const left = [1, 0.5, 0.25, 0.125, 0.0625].map((strength) =>
      [...changedGroups(analysis.coupling, cut(strength))].sort(),
    );
    expect(left).toEqual([3, 3, 2, 1, 1].map((count) => idsOf(byDrop.slice(0, count)).sort()));
  });

  it('stays above the target while it can, and then goes beyond it by a channel', () => {
    for (const kept of [0.5, 0.7]) expect(macs(iterative(at(kept))!.at(1))).toBeGreaterThanOrEqual(kept);
    const near = iterative(at(0.9999))!;
    expect(near.picks).toHaveLength(1);
    expect(removed(near.at(1))).toBe(1);
    expect(near.at(0.25)).toEqual(near.at(1));
    const halves = iterative({ ...at(0.9999), limits: { roundTo: 2 } })!;
    expect(removed(halves.at(1))).toBe(2);
  });

  it('cuts fewer groups where one channel of each were too much', () => {
    const counts = { params: 1, macs: 2 };
    const few = iterative({ ...at(0.85), counts })!;
    const all = iterative({ counts })!;
    expect(few.picks.length).toBeLessThan(all.picks.length);
    expect(changedGroups(analysis.coupling, few.at(1)).size).toBe(few.picks.length);
    expect(all.picks.map(({ group }) => groupName(group))).toContain(groupName(few.picks[0]!.group));
    // What is picked for the measure of the target comes first.
    expect(few.picks[0]!.measure).toBe('macs');
  });

  it('finds nothing where the limits hold everything', () => {
    expect(iterative({ limits: { ignore: ['*'] } })).toBeUndefined();
    expect(iterative({ limits: { maxRatio: 0 } })).toBeUndefined();
  });
});

describe.each(['one-shot', 'uniform', 'progressive'] as const)('%s', (strategy) => {
  const cutTo = (kept: number, rest: Partial<Situation> = {}) =>
    propose(strategy, { ...base, ...at(kept), ...rest });

  it(`goes ${strategy === 'progressive' ? 'a tenth of the way' : 'all the way'}, weaker by strength`, () => {
    const { at: cut } = cutTo(0.6)!;
    const full = strategy === 'progressive' ? 0.9 : 0.6;
    expect(Math.abs(macs(cut(1)) - full)).toBeLessThan(0.06);
    expect(Math.abs(macs(cut(0.5)) - (1 + full) / 2)).toBeLessThan(0.06);
    expect(macs(cut(0.5))).toBeGreaterThan(macs(cut(1)));
  });

  it('has nothing to do at the target', () => {
    expect(cutTo(1)).toBeUndefined();
  });

  it('says at first that the target cannot be reached, and later ends', () => {
    const limits: PlanLimits = { maxRatio: 0.01 };
    expect(() => cutTo(0.3, { limits })).toThrow(expect.objectContaining({ kind: 'target' }));
    expect(cutTo(0.3, { limits, iteration: 2 })).toBeUndefined();
  });
});

it('uniform takes a like share of every group, one-shot what scores least', async () => {
  const faint = await analyseModel(faintNet());
  const { traced, coupling, cost } = faint;
  const scores = Float64Array.from(coupling.classes, ({ id, group }) => 1000 * group + id);
  const groups = listPrunableGroups(traced, coupling, prepareLimits(traced, coupling, scores, {}));
  const sharesOf = (strategy: 'uniform' | 'one-shot') => {
    const situation = { ...base, analysis: faint, scores, least: 0.5 * cost.original.macs };
    const keep = propose(strategy, situation)!.at(1);
    return groups.map(({ group, channels }) => {
      const { classes } = coupling.groups[group]!;
      return classes.filter((id) => keep[id] === 0).length / channels;
    });
  };
  const uniform = sharesOf('uniform');
  expect(Math.max(...uniform) - Math.min(...uniform)).toBeLessThan(0.2);
  expect(Math.min(...sharesOf('one-shot'))).toBe(0);
});

describe('layer-rates', () => {
  const cutBy = (layerRates: LayerRates) => propose('layer-rates', { ...base, layerRates });
  const sharesOf = (keep: KeepMask) =>
    Object.fromEntries(
      analysis.coupling.groups.flatMap(({ id, classes }) => {
        const gone = classes.filter((label) => keep[label] === 0).length;
        return gone > 0 ? [[id, gone / classes.length]] : [];
      }),
    );

  it('cuts each group by its own rate, all of them weaker by strength', () => {
    // The stream of the block is 8 wide, then come its inner layer of 6 and the last one of 4.
    const { at: cut } = cutBy([0.25, 0.5, 0])!;
    expect(Object.values(sharesOf(cut(1)))).toEqual([0.25, 0.5]);
    expect(Object.values(sharesOf(cut(0.5)))).toEqual([0.125, 2 / 6]);
    const { measure, kept } = targetOfTable(analysis, {}, [0.25, 0.5, 0]);
    expect([measure, kept]).toEqual(['macs', macs(cut(1))]);
  });

  it('has nothing to do where nothing is to go, and refuses another number of rates', () => {
    expect(cutBy([0, 0, 0])).toBeUndefined();
    expect(targetOfTable(analysis, {}, [0, 0, 0]).kept).toBe(1);
    expect(() => cutBy([0.5])).toThrow(expect.objectContaining({ code: 'run.layer-rates' }));
  });
});

it('knows which strategies look at sensitivity, and which make one cut', () => {
  const all = ['iterative', 'progressive', 'one-shot', 'uniform', 'layer-rates'] as const;
  expect(all.filter(needsSensitivity)).toEqual(['iterative']);
  expect(all.filter(isSingle)).toEqual(['one-shot', 'uniform', 'layer-rates']);
});
