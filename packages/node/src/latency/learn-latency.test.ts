import { cutModel, type Model, median, prepareLimits } from '@espalier/core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Analysis } from '../pipeline/analyse-file.ts';
import { follow, type PipelineEvent } from '../pipeline/events.ts';
import { analyseModel, drawScores, engine } from '../search/probed-nets.case.ts';
import { type LawfulDevice, lawfulDevice, lawfulNet } from './lawful-device.case.ts';
import { type LearnedLatency, type LearnOptions, learnLatency } from './learn-latency.ts';

let analysis: Analysis;
let shared: Omit<LearnOptions, 'device'>;
let device: LawfulDevice;
let learned: LearnedLatency;
const events: PipelineEvent[] = [];
beforeAll(async () => {
  analysis = await analyseModel(lawfulNet());
  const scores = drawScores(analysis);
  const limiter = prepareLimits(analysis.traced, analysis.coupling, scores, {});
  shared = { engine, scores, limiter, maxRatio: 0.9 };
  device = lawfulDevice();
  learned = await follow(learnLatency(analysis, { ...shared, device }), (event) => events.push(event));
});

const isUnit = (name: string): boolean => / x\d+$/.test(name);

async function cutTo(levels: readonly number[]): Promise<{ keep: Uint8Array; model: Model }> {
  const keep = learned.keepAt(levels);
  return { keep, model: await cutModel(analysis.traced, analysis.coupling, keep, engine) };
}

describe('learnLatency', () => {
  it('finds the stairs, and offers the widths at their edges', () => {
    expect(learned.table.stairs.outputs).toEqual({ step: 8, unit: 1, penalty: 1 });
    const widths = learned.menus.map(({ group, rates }) => {
      const { length } = analysis.coupling.groups[group]!.classes;
      return rates.map((rate) => Math.round(length * (1 - rate)));
    });
    expect(widths).toEqual(
      expect.arrayContaining([
        [32, 24, 16, 8],
        [24, 16, 8],
        [40, 32, 24, 16, 8],
      ]),
    );
  });

  it('predicts cuts that it has not seen', async () => {
    expect(learned.heldOut).toHaveLength(3);
    for (const { ms, predictedMs, macs } of learned.heldOut) {
      expect(Math.abs(predictedMs / ms - 1)).toBeLessThan(0.05);
      expect(macs).toBeLessThan(1);
    }
    const whole = device.timeOf(analysis.file.model);
    expect(Math.abs(learned.uncutMs / whole - 1)).toBeLessThan(0.01);
    const errors: number[] = [];
    for (const levels of [
      [1, 0, 0],
      [0, 2, 1],
      [3, 1, 4],
      [2, 2, 2],
    ]) {
      const { keep, model } = await cutTo(levels);
      errors.push(Math.abs(learned.predict(keep) / device.timeOf(model) - 1));
    }
    expect(median(errors)).toBeLessThan(0.03);
    expect(Math.max(...errors)).toBeLessThan(0.06);
  });

  it('tells how far it is', () => {
    const fractions = events.flatMap((event) => (event.type === 'step' ? [event.fraction ?? 0] : []));
    expect(fractions[0]).toBe(0);
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  it('measures nothing again that the table holds', async () => {
    const again = lawfulDevice();
    const second = await follow(learnLatency(analysis, { ...shared, device: again, table: learned.table }));
    expect(again.sent.filter(isUnit)).toEqual([]);
    expect(second.table).toEqual(learned.table);
    for (const { ms, predictedMs } of second.heldOut)
      expect(Math.abs(predictedMs / ms - 1)).toBeLessThan(0.04);
  });

  it('learns from another cut what its whole time says', async () => {
    const { keep, model } = await cutTo([2, 1, 3]);
    const before = learned.predict(keep);
    const slow = { keep, model, ms: 1.5 * before };
    const next = await follow(learned.learnFrom(slow));
    expect(next.predict(keep)).toBeGreaterThan(before);
    expect(learned.predict(keep)).toBe(before);
    expect(next.heldOut.map(({ ms }) => ms)).toEqual(learned.heldOut.map(({ ms }) => ms));
  });
});
