import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import { analyse, branchedNet, convOn, residualNet } from '../plan/analysed-net.case.ts';
import { prepareLimits } from '../plan/limits.ts';
import { cutGroups, listPrunableGroups } from '../search/group-cuts.ts';
import { FLAT } from './fit-stairs.ts';
import { listWidthMenus } from './width-menus.ts';

async function menusOf(model: Model, step: number, maxRatio: number, narrow = false, branches = false) {
  const { traced, coupling } = await analyse(model);
  const scores = Float64Array.from(coupling.classes, (_, id) => 1 + (id % 3));
  const limiter = prepareLimits(traced, coupling, scores, { maxRatio, branches });
  const groups = listPrunableGroups(traced, coupling, limiter);
  const stairs = { ...FLAT, step };
  const menus = listWidthMenus(groups, {
    stairs,
    maxRatio,
    narrow,
    branches: limiter.branches,
  });
  const widths = menus.map(({ group, rates }) =>
    rates.map((rate) => (1 - rate) * coupling.groups[group]!.classes.length),
  );
  return { coupling, scores, limiter, menus, widths };
}

/** One convolution of so many channels before a head. */
function wideNet(channels: number): Model {
  const g = new GraphBuilder();
  const conv = convOn(g);
  g.output(conv(conv(g.input('x', [1, 3, 4, 4]), 3, channels, 'wide'), channels, 2, 'head'));
  return g.model();
}

const rounded = (lists: readonly (readonly number[])[]) => lists.map((list) => list.map(Math.round));

describe('listWidthMenus', () => {
  it('ends with nothing for branches', async () => {
    const { widths } = await menusOf(branchedNet(), 4, 0.9, false, true);
    expect(rounded(widths)).toEqual([
      [8, 4],
      [6, 4, 0],
    ]);
  });

  it('lists the edges of the steps, widest first', async () => {
    // The first layer's 8 channels, and the 12 of the two that are added.
    expect(rounded((await menusOf(residualNet(), 4, 0.9)).widths)).toEqual([
      [8, 4],
      [12, 8, 4],
    ]);
    expect(rounded((await menusOf(wideNet(20), 8, 0.9)).widths)).toEqual([[20, 16, 8]]);
    expect(rounded((await menusOf(wideNet(20), 32, 0.9)).widths)).toEqual([[20]]);
  });

  it('goes on with the halves of the first step when it is to be narrow', async () => {
    const widthsAt = async (step: number, maxRatio: number) =>
      rounded((await menusOf(wideNet(20), step, maxRatio, true)).widths);
    expect(await widthsAt(16, 0.9)).toEqual([[20, 16, 8, 4]]);
    expect(await widthsAt(16, 0.7)).toEqual([[20, 16, 8]]);
    expect(await widthsAt(32, 0.9)).toEqual([[20, 16, 8, 4]]);
    expect(await widthsAt(1, 0.9)).toEqual(rounded((await menusOf(wideNet(20), 1, 0.9)).widths));
  });

  it('stops at the floor that the ratio leaves', async () => {
    expect(rounded((await menusOf(residualNet(), 1, 0.5)).widths)).toEqual([
      [8, 7, 6, 5, 4],
      [12, 11, 10, 9, 8, 7, 6],
    ]);
    // 20 · (1 − 0.9) is a little more than 2 in floating point.
    expect((await menusOf(wideNet(20), 1, 0.9)).widths[0]!.at(-1)).toBeCloseTo(2, 9);
  });

  it('offers at most 16 widths', async () => {
    for (const channels of [15, 16, 17, 100, 128, 129]) {
      const [widths] = (await menusOf(wideNet(channels), 1, 1)).widths;
      expect(widths!.length).toBeLessThanOrEqual(16);
      expect(widths!.length).toBeGreaterThan(8);
    }
  });

  it('names rates that cut to the very widths', async () => {
    const { coupling, scores, limiter, menus, widths } = await menusOf(wideNet(50), 16, 0.9);
    const [{ group, rates }] = menus as [(typeof menus)[number]];
    const cut = rates.map((rate) => {
      const keep = cutGroups(coupling, scores, limiter, new Map([[group, rate]]));
      return coupling.groups[group]!.classes.filter((id) => keep[id] === 1).length;
    });
    expect(cut).toEqual([50, 48, 32, 16]);
    expect(rounded(widths)).toEqual([cut]);
  });
});
