import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createOutputAgreement, createRandom, groupName } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../data/open-dataset.ts';
import { analyseFile } from '../pipeline/analyse-file.ts';
import { follow } from '../pipeline/events.ts';
import { openEvaluation } from '../pipeline/open-evaluation.ts';
import { measureSensitivity, type SensitivityOptions } from './measure-sensitivity.ts';
import { readProbeImages } from './probe-images.ts';
import { analyseModel, drawScores, engine, PROBED_NETS, readNoise, topOne } from './probed-nets.case.ts';
import type { SensitivityEvent } from './search-events.ts';

type Net = keyof typeof PROBED_NETS;

async function open(net: Net, samples = 80) {
  const analysis = await analyseModel(PROBED_NETS[net]());
  const images = await readNoise(analysis.file.model, samples);
  const base = { engine, scores: drawScores(analysis), images, metrics: topOne };
  const measure = (options: Partial<SensitivityOptions> = {}, listen?: (event: SensitivityEvent) => void) =>
    follow(measureSensitivity(analysis, { ...base, precision: 0, ...options }), listen);
  return { analysis, images, measure };
}

/** Without what differs by the way it was measured. */
function findings({ work: _, ...rest }: Awaited<ReturnType<Awaited<ReturnType<typeof open>>['measure']>>) {
  return rest;
}

/** No labels, every element of every output: the metric that sees all. */
const everything = { createAgreement: createOutputAgreement, notes: [] };

describe.each(Object.keys(PROBED_NETS) as Net[])('measureSensitivity of the net %s', (net) => {
  it('finds exactly what exact mode finds, at once or in several rounds', async () => {
    const { measure } = await open(net);
    const exact = await measure({ mode: 'exact' });
    expect(findings(await measure())).toEqual(findings(exact));
    expect(findings(await measure({ memory: 1 }))).toEqual(findings(exact));
    expect(exact.groups.some(({ points }) => points.some(({ drop }) => drop > 0.05))).toBe(true);
  });

  it('finds the same in every output', async () => {
    const { measure } = await open(net);
    const [exact, fast] = [
      await measure({ mode: 'exact', metrics: everything }),
      await measure({ metrics: everything }),
    ];
    const values = ({ groups }: typeof exact) =>
      groups.flatMap(({ points }) => points.map(({ value }) => value));
    expect(values(fast)).toHaveLength(values(exact).length);
    for (const [i, value] of values(exact).entries()) {
      expect(value).toBeGreaterThan(0.01);
      expect(values(fast)[i]).toBeCloseTo(value, 4);
    }
  });
});

describe('measureSensitivity', () => {
  it('tells curves by rising rate, with what each cut costs and gains', async () => {
    const { analysis, measure } = await open('residual');
    const found = await measure({ rates: [0.25, 0.5] });
    expect(found).toMatchObject({ metric: 'top1', higherIsBetter: true, samples: 80, probes: 6 });
    expect(found.baseline).toEqual({
      value: 0.75,
      macs: analysis.cost.original.macs,
      params: analysis.cost.original.params,
    });
    expect(found.groups.map((group) => [groupName(group), group.channels, group.age])).toEqual([
      ['stem_out', 8, 0],
      ['inner_out', 6, 0],
      ['last_out', 4, 0],
    ]);
    for (const { points } of found.groups) {
      expect(points.map(({ rate }) => rate)).toEqual([0.25, 0.5]);
      expect(points[1]!.macs).toBeLessThan(points[0]!.macs);
      for (const { value, drop, interval, samples } of points) {
        expect(value).toBeCloseTo(0.75 - drop, 12);
        expect(interval![0]).toBeLessThanOrEqual(drop);
        expect(samples).toBe(80);
      }
    }
  });

  it('tries branches without any channels where they may go, by parts as by cut models', async () => {
    const { measure } = await open('residual');
    const found = await measure({ rates: [0.5], limits: { branches: true } });
    expect(found.groups.map(({ points }) => points.map(({ rate, removed }) => [rate, removed]))).toEqual([
      [[0.5, 4]],
      [
        [0.5, 3],
        [1, 6],
      ],
      [[0.5, 2]],
    ]);
    const exact = await measure({ rates: [0.5], limits: { branches: true }, mode: 'exact' });
    expect(findings(exact)).toEqual(findings(found));
  });

  it('leaves out groups that limits hold whole', async () => {
    const { measure } = await open('residual');
    const found = await measure({ limits: { roundTo: 4 } });
    expect(found.groups.map(({ root }) => root)).toEqual(['stem_out', 'inner_out']);
    const none = await measure({ limits: { roundTo: 16 } });
    expect(none).toMatchObject({ probes: 0, groups: [] });
  });

  it('measures the agreement with the model itself where there are no labels', async () => {
    const { measure } = await open('chain');
    const metrics = { createAgreement: topOne.createAgreement, notes: [] };
    const found = await measure({ metrics });
    expect(found).toMatchObject({ metric: 'top1Agreement', baseline: { value: 1 } });
    for (const { points } of found.groups) {
      for (const { value, drop } of points) expect(value).toBeCloseTo(1 - drop, 12);
    }
    expect(findings(await measure({ metrics, mode: 'exact' }))).toEqual(findings(found));
  });

  it('measures the agreement with another model that is told', async () => {
    const { measure } = await open('chain');
    const reference = PROBED_NETS.residual();
    const metrics = { createAgreement: topOne.createAgreement, notes: [] };
    const { baseline } = await measure({ metrics, reference });
    expect(baseline.value).toBeLessThan(0.9);
    // Labels count more than the answers of a model.
    expect((await measure({ reference })).baseline.value).toBe(0.75);
  });

  it.each(['fast', 'exact'] as const)('finds the same on several threads, mode %s', async (mode) => {
    const { measure } = await open('residual');
    const events: SensitivityEvent[] = [];
    const found = await measure({ mode, workers: 2 }, (event) => events.push(event));
    expect(findings(found)).toEqual(findings(await measure({ mode })));
    expect(events.filter(({ type }) => type === 'sensitivity.group')).toHaveLength(found.groups.length);
  });

  it('ends a probe once it is known to the precision asked for, with less work', async () => {
    const { measure } = await open('residual', 640);
    const [full, brief, exact] = [
      await measure(),
      await measure({ precision: 0.1 }),
      await measure({ precision: 0.1, mode: 'exact' }),
    ];
    expect(brief.work).toBeLessThan(full.work);
    const points = brief.groups.flatMap((group) => group.points);
    expect(Math.min(...points.map(({ samples }) => samples))).toBeLessThan(640);
    for (const { samples, interval } of points) {
      expect(samples === 640 || interval![1] - interval![0] <= 0.2).toBe(true);
    }
    expect(findings(exact)).toEqual(findings(full));
  });

  it('asks for two hundredths of the metric unless told otherwise', async () => {
    const { analysis, images, measure } = await open('chain', 1280);
    const base = { engine, scores: drawScores(analysis), images, metrics: topOne };
    const plain = await follow(measureSensitivity(analysis, base));
    expect(plain).toEqual(await measure({ precision: 0.02 }));
    expect(plain.work).toBeLessThan((await measure({ precision: 0.002 })).work);
    expect(plain.work).toBeGreaterThan((await measure({ precision: 0.2 })).work);
  });

  it('takes known curves over as they are and does not probe them', async () => {
    const { measure } = await open('residual');
    const before = await measure();
    const old = { ...before.groups[1]!, age: 3 };
    const heard: string[] = [];
    const after = await measure({ known: new Map([[groupName(old), old]]) }, (event) => {
      if (event.type === 'sensitivity.group') heard.push(event.group.root);
    });
    expect(after.groups).toEqual([before.groups[0], old, before.groups[2]]);
    expect(after.probes).toBe(before.probes - old.points.length);
    expect(after.work).toBeLessThan(before.work);
    expect(heard.sort()).toEqual(['last_out', 'stem_out']);
  });

  it.each(['fast', 'exact'] as const)('tells each group once and counts its probes, %s', async (mode) => {
    const { measure } = await open('two outputs');
    const events: SensitivityEvent[] = [];
    const found = await measure({ mode }, (event) => events.push(event));
    const groups = events.flatMap((event) => (event.type === 'sensitivity.group' ? [event.group] : []));
    expect(groups).toEqual(found.groups);
    const progress = events.flatMap((event) => (event.type === 'sensitivity.progress' ? [event] : []));
    expect(progress.every(({ total }) => total === found.probes)).toBe(true);
    const done = progress.map((event) => event.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(found.probes);
    // A group is told before the others are through.
    expect(events[0]).not.toEqual(events.at(-1));
    expect(events.findIndex(({ type }) => type === 'sensitivity.group')).toBeLessThan(events.length / 2);
  });

  it.each(['fast', 'exact'] as const)('stops when it is aborted, %s', async (mode) => {
    const { measure } = await open('chain');
    await expect(measure({ mode, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    const controller = new AbortController();
    const heard: string[] = [];
    const run = measure({ mode, signal: controller.signal }, ({ type }) => {
      heard.push(type);
      controller.abort();
    });
    await expect(run).rejects.toThrow(/abort/i);
    expect(heard).toHaveLength(1);
  });

  it('judges fewer samples than the batch that a model insists on', async () => {
    const { measure } = await open('fixed batch', 3);
    const found = await measure();
    expect(found.samples).toBe(3);
    expect(found.groups[0]!.points[0]).toMatchObject({ samples: 3, interval: null });
    expect(findings(await measure({ mode: 'exact' }))).toEqual(findings(found));
  });

  it('counts the same work per sample whatever batch the model insists on', async () => {
    const [chain, fixed] = [await open('chain', 80), await open('fixed batch', 80)];
    for (const mode of ['fast', 'exact'] as const) {
      expect((await fixed.measure({ mode })).work).toBe((await chain.measure({ mode })).work);
    }
  });
});

const shared = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));

describe.skipIf(!existsSync(shared))('resnet20 on CIFAR-10 (skipped where ../shared/data is missing)', () => {
  it('is as sensitive by parts as by cut models', async () => {
    const analysis = await follow(analyseFile(`${shared}models/resnet20.onnx`, { engine }));
    const dataset = await openDataset(`${shared}cifar10/test.bin`);
    const evaluation = await openEvaluation({
      ...{ engine, dataset, models: [analysis.file.model] },
      preprocess: 'mean=.485,.456,.406 std=.229,.224,.225',
    });
    const { sessions, preprocess } = evaluation;
    const images = await readProbeImages(sessions[0]!, { dataset, preprocess, limit: 40, seed: 1 });
    await evaluation.close();
    const random = createRandom(2);
    const options = {
      engine,
      images,
      scores: Float64Array.from(analysis.coupling.classes, () => random.next()),
      metrics: topOne,
      rates: [0.5],
      precision: 0,
    };
    const exact = await follow(measureSensitivity(analysis, { ...options, mode: 'exact' }));
    const fast = await follow(measureSensitivity(analysis, options));
    expect(findings(fast)).toEqual(findings(exact));
    expect(exact.baseline.value).toBeGreaterThan(0.6);
    expect(exact.groups.length).toBeGreaterThan(8);
    expect(exact.work / fast.work).toBeGreaterThan(1.3);
  });
});
