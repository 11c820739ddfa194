import { GraphBuilder } from '@espalier/core';
import { expect, it } from 'vitest';
import { follow, type PipelineEvent } from '../pipeline/events.ts';
import { analyseModel, engine } from '../search/probed-nets.case.ts';
import { lawfulDevice, lawfulNet } from './lawful-device.case.ts';
import { countSamples, profileModel } from './profile-model.ts';
import { pruneForLatency } from './prune-for-latency.ts';

const stairs = { step: 8, unit: 1, penalty: 1 };
const empty = { stairs: { inputs: stairs, outputs: stairs }, units: {} };

it('learns what a cut to a latency then need not measure', async () => {
  const analysis = await analyseModel(lawfulNet());
  const device = lawfulDevice();
  const profiled = await follow(profileModel(analysis, { device, engine, table: empty }));
  // Stem, inner, outer, depthwise, late and logits.
  expect(profiled.layers).toBe(6);
  expect(profiled.knownKinds).toBe(profiled.kinds);
  expect(profiled.samples).toBe(countSamples(profiled.table));
  expect(profiled.heldOut).toHaveLength(3);
  for (const { ms, predictedMs } of profiled.heldOut)
    expect(Math.abs(predictedMs / ms - 1)).toBeLessThan(0.05);

  const again = await follow(profileModel(analysis, { device, engine, table: profiled.table }));
  expect(again).toMatchObject({ samples: 0, table: profiled.table });

  const later = lawfulDevice();
  const aim = { engine, device: later, table: profiled.table, target: { fraction: 0.6 }, verify: false };
  await follow(pruneForLatency(analysis, aim));
  const firstWhole = later.sent.findIndex((name) => name.startsWith('design '));
  expect(later.sent.slice(0, firstWhole)).toEqual([]);
});

it('says that a model that cannot be cut has nothing to learn from', async () => {
  const g = new GraphBuilder();
  const weight = g.constant({ dims: [2, 1, 3, 3], data: new Float32Array(18).fill(0.1) });
  g.output(g.node('Conv', [g.input('x', [1, 1, 8, 8]), weight], { pads: [1, 1, 1, 1] }), [1, 2, 8, 8]);
  const analysis = await analyseModel(g.model());
  const events: PipelineEvent[] = [];
  const device = lawfulDevice();
  const profiled = await follow(profileModel(analysis, { device, engine, table: empty }), (event) =>
    events.push(event),
  );
  expect(profiled).toMatchObject({
    layers: 1,
    kinds: 1,
    knownKinds: 0,
    samples: 0,
    heldOut: [],
    table: empty,
  });
  expect(events).toContainEqual({ type: 'note', text: expect.stringContaining('can be cut') });
  expect(device.sent).toEqual([]);
});
