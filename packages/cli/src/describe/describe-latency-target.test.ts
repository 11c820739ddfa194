import { describeDevice, type ModelLatency } from '@espalier/core';
import type { LatencyOutcome } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { latencyField } from '../documents/latency-field.ts';
import { latencyTargetField } from '../documents/latency-target-field.ts';
import { describeLatency, describeLatencyTarget, tooSlow } from './describe-latency-target.ts';

const estimate = (value: number) => ({ value, interval: [0.98 * value, 1.02 * value] as const });

const modelOf = (name: string, ms: number): ModelLatency => ({
  name,
  ...{ loadMs: 3, firstRunMs: 2, iterations: 50, meanMs: ms, p90Ms: ms, p95Ms: ms, p99Ms: ms },
  medianMs: estimate(ms),
  speedup: estimate(10 / ms),
});

const device = describeDevice({
  ...{ name: 'this machine', runtime: 'ort 1', provider: 'cpu', threads: 2, processor: 'Z80', os: 'cpm' },
});

const keep = Uint8Array.of(1);

const outcome: LatencyOutcome = {
  device,
  fraction: 0.5,
  met: true,
  measured: estimate(0.49),
  tries: [
    { asked: 0.5, predicted: 0.49, measured: estimate(0.52), macs: 0.5 },
    { asked: 0.48, predicted: 0.47, measured: estimate(0.49), macs: 0.46 },
  ],
  models: [modelOf('original', 10), modelOf('pruned', 4.9)],
  warnings: ['Other work is running.'],
  table: {
    stairs: { inputs: { step: 16, unit: 4, penalty: 1.2 }, outputs: { step: 8, unit: 1, penalty: 1 } },
    units: {},
  },
  heldOut: [
    { keep, macs: 0.5, ms: 5, predictedMs: 5.5 },
    { keep, macs: 0.6, ms: 6, predictedMs: 5.94 },
    { keep, macs: 0.7, ms: 8, predictedMs: 8.16 },
  ],
};

describe('describeLatencyTarget', () => {
  it('is what the document has a place for', () => {
    const found = describeLatencyTarget(outcome);
    expect(latencyTargetField.strict().parse(found)).toEqual(found);
    expect(found).toMatchObject({
      ...{ fraction: 0.5, met: true, tries: outcome.tries, stairs: { step: 16, unit: 4, penalty: 1.2 } },
      device: { name: 'this machine', threads: 2, fingerprint: device.fingerprint },
    });
    expect(found.modelError).toBeCloseTo(0.02, 9);
  });
});

describe('describeLatency', () => {
  it('shows both models as any other measurement', () => {
    const found = describeLatency(outcome);
    expect(latencyField.strict().parse(found)).toEqual(found);
    expect(found).toMatchObject({ provider: 'cpu', threads: 2, warnings: outcome.warnings });
    expect(found.models.map(({ name }) => name)).toEqual(['original', 'pruned']);
  });
});

describe('tooSlow', () => {
  const latencyAt = (ms: number) =>
    describeLatency({ ...outcome, models: [modelOf('original', 10), modelOf('pruned', ms)] });

  it('has nothing to say of a target that was met, or of a cut that is surely not slower', () => {
    expect(tooSlow(outcome, describeLatency(outcome))).toBeUndefined();
    expect(tooSlow(undefined, undefined)).toBeUndefined();
    expect(tooSlow(undefined, latencyAt(9.7))).toBeUndefined();
    // Who names a latency has said what is fast enough.
    expect(tooSlow(outcome, latencyAt(9.9))).toBeUndefined();
  });

  it('refuses a cut of which the measurement cannot tell that it is faster', () => {
    for (const ms of [9.9, 10.1]) {
      expect(tooSlow(undefined, latencyAt(ms))).toMatchObject({ kind: 'target', code: 'latency.not-faster' });
    }
    expect(tooSlow(undefined, latencyAt(9.9))).toMatchObject({
      message: 'The cut is not surely faster than the original: 0.99x to 1.03x as fast.',
      hint: expect.stringContaining('--force'),
    });
  });

  it('refuses a cut that misses its target, and says how near it came', () => {
    expect(tooSlow({ ...outcome, met: false }, describeLatency(outcome))).toMatchObject({
      ...{ kind: 'target', code: 'latency.not-met' },
      message:
        "The latency was not reached: the fastest of 2 cuts takes 49.0 % of the original's time, the target is 50.0 %.",
      hint: expect.stringContaining('--force'),
    });
  });

  it('refuses a cut that is surely slower than the original', () => {
    expect(tooSlow(undefined, latencyAt(12.5))).toMatchObject({
      ...{ kind: 'target', code: 'latency.slower' },
      message: 'The cut is slower than the original: 0.80x as fast.',
    });
  });
});
