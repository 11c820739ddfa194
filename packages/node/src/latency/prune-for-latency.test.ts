import { describe, expect, it } from 'vitest';
import type { Analysis } from '../pipeline/analyse-file.ts';
import { follow, type PipelineEvent } from '../pipeline/events.ts';
import { analyseModel, engine } from '../search/probed-nets.case.ts';
import { lawfulDevice, lawfulNet } from './lawful-device.case.ts';
import { type LatencyPruneOptions, pruneForLatency } from './prune-for-latency.ts';

const analysis: Promise<Analysis> = analyseModel(lawfulNet());

async function prune(
  options: Omit<LatencyPruneOptions, 'engine' | 'device'>,
  device = lawfulDevice(),
  events: PipelineEvent[] = [],
) {
  const known = await analysis;
  const pruning = await follow(
    pruneForLatency(known, { ...options, engine, device, criterion: 'l1' }),
    (event) => events.push(event),
  );
  const fraction = device.timeOf(pruning.model) / device.timeOf(known.file.model);
  return { ...pruning, trueFraction: fraction, device };
}

describe.each(['knapsack', 'greedy'] as const)('pruneForLatency by %s', (method) => {
  it.each([0.8, 0.5, 0.35])('meets %d of the original latency, with a proof', async (fraction) => {
    const { latency, trueFraction, verification, plan, device } = await prune({
      target: { fraction },
      method,
    });
    expect(latency).toMatchObject({ met: true, fraction });
    expect(trueFraction).toBeLessThan(1.005 * fraction);
    expect(verification?.verdict).toBe('proven');
    expect(plan.made).toMatchObject({
      ...{ criterion: 'l1', latency: fraction, device: device.description.fingerprint },
    });
  });
});

describe('pruneForLatency', () => {
  it('meets milliseconds, and tells them as a fraction', async () => {
    const whole = lawfulDevice().timeOf((await analysis).file.model);
    const { latency, model, device } = await prune({ target: { ms: 0.6 * whole } });
    expect(latency.met).toBe(true);
    expect(latency.fraction).toBeCloseTo(0.6, 1);
    expect(device.timeOf(model)).toBeLessThan(0.605 * whole);
  });

  it('comes near the target rather than far below it', async () => {
    const { latency, trueFraction } = await prune({ target: { fraction: 0.6 } });
    expect(trueFraction).toBeGreaterThan(0.5);
    expect(latency.tries.length).toBeLessThanOrEqual(5);
    for (const { asked, predicted, measured, macs } of latency.tries) {
      expect(predicted).toBeLessThanOrEqual(asked * 1.001);
      expect(Math.abs(predicted / measured.value - 1)).toBeLessThan(0.06);
      expect(macs).toBeLessThan(1);
    }
  });

  it('cuts to the edges of the steps of the device', async () => {
    const { plan } = await prune({ target: { fraction: 0.5 } });
    for (const { channels, removed } of plan.groups) expect((channels - removed.length) % 8).toBe(0);
  });

  it('leaves the model whole where it is fast enough already', async () => {
    const whole = lawfulDevice().timeOf((await analysis).file.model);
    const { latency, plan, after, before } = await prune({ target: { ms: 2 * whole } });
    expect(latency.met).toBe(true);
    expect(after).toEqual(before);
    expect(plan.groups.flatMap(({ removed }) => removed)).toEqual([]);
  });

  it('lets a branch go where nothing else may, with its layers', async () => {
    const { model, plan, latency, verification } = await prune({
      ...{ target: { fraction: 0.7 }, maxRatio: 0.05, branches: true },
    });
    expect(latency.met).toBe(true);
    expect(verification?.verdict).toBe('proven');
    expect(plan.groups).toMatchObject([{ root: 'inner_out', channels: 24 }]);
    const names = model.graph.nodes.map(({ name }) => name);
    expect(names).toContain('stem');
    expect(names).not.toContain('inner');
    expect(names).not.toContain('outer');
  });

  it('says so where the limits do not let it, and how fast the narrowest is', async () => {
    await expect(prune({ target: { fraction: 0.3 }, maxRatio: 0.3 })).rejects.toMatchObject({
      ...{ kind: 'target', code: 'latency.unreachable' },
      message: expect.stringMatching(/^30 % of the original's latency is out of reach: .* about \d\d %\.$/),
    });
    await expect(prune({ target: { fraction: 0.5 }, ignore: ['*'] })).rejects.toMatchObject({
      code: 'latency.unreachable',
    });
  });

  it('keeps layers whole that are to be ignored, and refuses patterns that match nothing', async () => {
    const { model } = await prune({ target: { fraction: 0.7 }, ignore: ['late'] });
    const late = model.graph.nodes.find(({ name }) => name === 'late')!;
    const weight = model.graph.initializers.find(({ name }) => name === late.inputs[1])!;
    expect(weight.dims[0]).toBe(40);
    await expect(prune({ target: { fraction: 0.7 }, ignore: ['lat'] })).rejects.toMatchObject({
      code: 'plan.unknown-layer',
    });
  });

  it('returns its fastest cut, not met, where the device takes longer than its parts promise', async () => {
    const held = lawfulDevice({ factorOf: (name) => (name === 'pruned' ? 4 : 1) });
    const { latency } = await prune({ target: { fraction: 0.5 } }, held);
    expect(latency.met).toBe(false);
    const measured = latency.tries.map((each) => each.measured.value);
    expect(latency.models[1].medianMs.value / latency.models[0].medianMs.value).toBeCloseTo(
      Math.min(...measured),
      2,
    );
  });

  it('learns from a try that was slower than promised', async () => {
    const slower = lawfulDevice({ factorOf: (name) => (name === 'pruned' ? 1.2 : 1) });
    const { latency, trueFraction } = await prune({ target: { fraction: 0.6 } }, slower);
    expect(latency.met).toBe(true);
    expect(latency.tries.length).toBeGreaterThan(1);
    expect(1.2 * trueFraction).toBeLessThan(0.605);
  });

  it('tells its steps, and proves nothing when told so', async () => {
    const events: PipelineEvent[] = [];
    const { verification } = await prune(
      { target: { fraction: 0.5 }, verify: false },
      lawfulDevice(),
      events,
    );
    expect(verification).toBeUndefined();
    const steps = events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
    expect([...new Set(steps)]).toEqual(['score', 'latency', 'plan', 'cut']);
  });

  it('stops when it is aborted', async () => {
    await expect(prune({ target: { fraction: 0.5 }, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});
