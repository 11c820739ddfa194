import { GraphBuilder, groupName, listPrunableGroups, planProbes, prepareLimits } from '@espalier/core';
import { beforeAll, expect, it } from 'vitest';
import type { Analysis } from '../pipeline/analyse-file.ts';
import { analyseModel, drawScores, engine } from './probed-nets.case.ts';
import { timeProbes } from './time-probes.ts';

/** Nearly all of its work is in what reads and writes the wide layer. */
function wideNet() {
  const g = new GraphBuilder();
  const conv = (x: string, from: number, to: number, name: string): string => {
    const weight = g.constant({ dims: [to, from, 3, 3], data: new Float32Array(9 * from * to).fill(0.01) });
    return g.node('Conv', [x, weight], { pads: [1, 1, 1, 1] }, name);
  };
  g.output(conv(conv(g.input('x', [1, 64, 32, 32]), 64, 256, 'wide'), 256, 64, 'last'), [1, 64, 32, 32]);
  return g.model();
}

let analysis: Analysis;
beforeAll(async () => {
  analysis = await analyseModel(wideNet());
});

function planAt(...rates: readonly number[]) {
  const { traced, coupling } = analysis;
  const scores = drawScores(analysis);
  const limiter = prepareLimits(traced, coupling, scores, { maxRatio: 1 });
  const groups = listPrunableGroups(traced, coupling, limiter);
  expect(groups.map(groupName)).toEqual(['wide_out']);
  return planProbes(coupling, scores, limiter, groups, () => rates);
}

it('times the really cut models beside the uncut one', async () => {
  const { uncut, cut } = await timeProbes(analysis, planAt(0.5, 0.95), { engine, load: { threads: 1 } });
  expect(cut).toHaveLength(2);
  expect(uncut).toBeGreaterThan(0);
  for (const { milliseconds, millisecondsAtMost } of cut) {
    expect(milliseconds).toBeGreaterThan(0);
    expect(millisecondsAtMost).toBeGreaterThanOrEqual(milliseconds);
  }
});

it('times the uncut model alone', async () => {
  expect(await timeProbes(analysis, [], { engine })).toEqual({ uncut: expect.any(Number), cut: [] });
});

it('ends with the reason of an abort', async () => {
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await expect(timeProbes(analysis, planAt(0.5), { engine, signal })).rejects.toBe(reason);
});
