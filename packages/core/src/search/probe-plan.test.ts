import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { nodeId } from '../graph/traced-model.ts';
import { analyse, convOn, residualNet } from '../plan/analysed-net.case.ts';
import { listPlanGroups } from '../plan/cuts.ts';
import { type PlanLimits, prepareLimits } from '../plan/limits.ts';
import { listPrunableGroups } from './group-cuts.ts';
import { planProbes } from './probe-plan.ts';

/** The channels of `late` are read by the last convolution alone, those of `early`, which comes after it, by the one that follows. */
function crossedNet() {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const x = g.input('x', [1, 3, 8, 8]);
  const late = conv(x, 3, 8, 'late');
  const early = conv(x, 3, 8, 'early');
  const middle = conv(early, 8, 4, 'middle');
  g.output(g.node('Add', [middle, conv(late, 8, 4, 'last')]), [1, 4, 8, 8]);
  return g.model();
}

async function plan(rates: readonly number[], { limits = {}, model = residualNet() }: Case = {}) {
  const { traced, coupling } = await analyse(model);
  const scores = Float64Array.from(coupling.classes, (_, id) => id);
  const limiter = prepareLimits(traced, coupling, scores, limits);
  const targets = listPrunableGroups(traced, coupling, limiter);
  const probes = planProbes(coupling, scores, limiter, targets, () => rates);
  return { traced, coupling, probes };
}

interface Case {
  readonly limits?: PlanLimits;
  readonly model?: ReturnType<typeof residualNet>;
}

describe('planProbes', () => {
  it('cuts every group at every rate, that group alone', async () => {
    const { traced, coupling, probes } = await plan([0.25, 0.5]);
    expect(probes.map(({ target: { root }, rate, removed }) => [root, rate, removed])).toEqual([
      ['first_out', 0.25, 2],
      ['first_out', 0.5, 4],
      ['second_out', 0.25, 3],
      ['second_out', 0.5, 6],
    ]);
    expect(listPlanGroups(traced, coupling, probes[3]!.keep)).toEqual([
      { root: 'second_out', channels: 12, removed: [0, 1, 2, 3, 4, 5] },
    ]);
  });

  it('starts where the first channel that is gone would be read', async () => {
    const { traced, probes } = await plan([0.25, 0.5]);
    expect(probes.map(({ first }) => nodeId(traced.nodes[first]!))).toEqual([
      'second_out',
      'second_out',
      'head_out',
      'head_out',
    ]);
  });

  it('puts first what is felt first', async () => {
    const { probes } = await plan([0.5], { model: crossedNet() });
    expect(probes.map(({ target: { root } }) => root)).toEqual(['early_out', 'late_out']);
    expect(probes[0]!.first).toBeLessThan(probes[1]!.first);
  });

  it('probes a cut once where limits make rates alike, at the lowest of them', async () => {
    const { probes } = await plan([0.4, 0.5, 0.6, 0.75], { limits: { roundTo: 4 } });
    expect(probes.map(({ target: { root }, rate, removed }) => [root, rate, removed])).toEqual([
      ['first_out', 0.5, 4],
      ['second_out', 0.4, 4],
      ['second_out', 0.75, 8],
    ]);
  });

  it('probes nothing where limits bring everything back', async () => {
    expect((await plan([0.25, 0.5], { limits: { roundTo: 16 } })).probes).toEqual([]);
  });
});
