import { dirname, join } from 'node:path';
import { encodeModel, findDenormals } from '@espalier/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { writeModel } from '../models/write-model.ts';
import { type Analysis, analyseFile } from './analyse-file.ts';
import { follow, type PipelineEvent } from './events.ts';
import { makeFeeds } from './model-feeds.ts';
import { pruneAnalysis } from './prune-analysis.ts';
import { scoreAnalysis } from './score-analysis.ts';
import { pictureSet, writeSmallModel } from './small-file.case.ts';
import { verifyFile } from './verify-file.ts';

const engine = createOrtEngine();
let file: Awaited<ReturnType<typeof writeSmallModel>>;
let analysis: Analysis;
const analysed: PipelineEvent[] = [];
beforeAll(async () => {
  file = await writeSmallModel();
  analysis = await follow(analyseFile(file.path, { engine }), (event) => analysed.push(event));
});
afterAll(() => file.close());

const steps = (events: readonly PipelineEvent[]): readonly string[] => [
  ...new Set(events.flatMap((event) => (event.type === 'step' ? [event.step] : []))),
];

describe('analyseFile', () => {
  it('tells its steps and notes denormal weights', () => {
    expect(steps(analysed)).toEqual(['read', 'trace', 'couple']);
    expect(analysis.notes).toEqual([expect.stringMatching(/^3 weights in 3 tensors are denormal/)]);
    expect(analysed).toContainEqual({ type: 'note', text: analysis.notes[0] });
    expect(analysis.coupling.groups.filter((group) => !group.frozen)).toHaveLength(2);
  });

  it('stops when it is aborted', async () => {
    const run = follow(analyseFile(file.path, { engine, signal: AbortSignal.abort() }));
    await expect(run).rejects.toThrow(/abort/i);
  });
});

describe('scoreAnalysis', () => {
  it('gives one score per class, and random ones by seed', async () => {
    const { classes } = analysis.coupling;
    const fscl = await follow(scoreAnalysis(analysis));
    expect(fscl).toHaveLength(classes.length);
    const random = (seed: number) => follow(scoreAnalysis(analysis, { criterion: 'random', seed }));
    expect(await random(1)).toEqual(await random(1));
    expect(await random(1)).not.toEqual(await random(2));
  });

  it.each(['hrank', 'taylor', 'fscl-active'] as const)(
    'looks at images for %s, and only then',
    async (criterion) => {
      const calibration = { engine, ...pictureSet(8) };
      const events: PipelineEvent[] = [];
      const scores = await follow(scoreAnalysis(analysis, { criterion, calibration }), (e) => events.push(e));
      expect(steps(events)).toEqual(['calibrate', 'score']);
      const cuttable = analysis.coupling.classes.filter(({ frozen }) => frozen < 0);
      for (const { id } of cuttable) expect(Number.isFinite(scores[id])).toBe(true);
      const plain: PipelineEvent[] = [];
      await follow(scoreAnalysis(analysis, { criterion: 'l1', calibration }), (e) => plain.push(e));
      expect(steps(plain)).toEqual(['score']);
      await expect(follow(scoreAnalysis(analysis, { criterion }))).rejects.toMatchObject({
        code: 'importance.no-data',
      });
    },
  );
});

describe('pruneAnalysis', () => {
  it('scores, chooses, cuts and proves', async () => {
    const events: PipelineEvent[] = [];
    const pruning = await follow(pruneAnalysis(analysis, { engine, macs: 0.5 }), (event) =>
      events.push(event),
    );
    expect(steps(events)).toEqual(['score', 'plan', 'cut', 'verify']);
    expect(pruning.after.macs / pruning.before.macs).toBeLessThan(0.51);
    expect(pruning.verification?.verdict).toBe('proven');
    expect(findDenormals(analysis.file.model)).not.toEqual([]);
    expect(findDenormals(pruning.model)).toEqual([]);
    expect(pruning.plan).toMatchObject({
      model: analysis.file.sha256,
      made: { criterion: 'fscl', macs: 0.5 },
    });
    expect(pruning.removedChannels).toBeGreaterThan(0);
  });

  it('refuses patterns that match no layer, with the name that was meant', async () => {
    const run = follow(pruneAnalysis(analysis, { engine, macs: 0.5, ignore: ['first*', 'secnd_out'] }));
    await expect(run).rejects.toMatchObject({
      kind: 'usage',
      code: 'plan.unknown-layer',
      message: "The pattern 'secnd_out' to ignore matches no layer.",
      hint: "Did you mean 'second_out'? `espalier inspect` lists the layers.",
    });
  });

  it('applies a plan as it is, with a note when it was made for another file', async () => {
    const first = await follow(pruneAnalysis(analysis, { engine, ratio: 0.25, verify: false }));
    expect(first.verification).toBeUndefined();
    const plan = { ...first.plan, model: 'f'.repeat(64) };
    const events: PipelineEvent[] = [];
    const again = await follow(pruneAnalysis(analysis, { engine, plan }), (event) => events.push(event));
    expect(encodeModel(again.model)).toEqual(encodeModel(first.model));
    expect(steps(events)).toEqual(['cut', 'verify']);
    expect(events[0]).toMatchObject({ type: 'note', text: expect.stringContaining('another file') });
  });
});

describe('verifyFile', () => {
  it('proves a cut from its files, and fails on the original in its place', async () => {
    const { plan, model } = await follow(pruneAnalysis(analysis, { engine, ratio: 0.5, verify: false }));
    const path = join(dirname(file.path), 'pruned.onnx');
    await writeModel(path, model);
    const verify = (pruned: string) => follow(verifyFile(analysis, pruned, plan, { engine }));
    expect((await verify(path)).verdict).toBe('proven');
    expect((await verify(file.path)).firstFailure?.problem).toMatch(/^shape /);
  });
});

it('makeFeeds draws the first traced size from the seed', () => {
  const feeds = makeFeeds(analysis.traced, 1);
  expect(feeds.x).toMatchObject({ type: 'float32', dims: [1, 3, 8, 8] });
  expect(makeFeeds(analysis.traced, 1)).toEqual(feeds);
  expect(makeFeeds(analysis.traced, 2)).not.toEqual(feeds);
});
