import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SearchStep } from '@espalier/core';
import type { SearchResult } from '@espalier/node';
import { beforeEach, expect, it } from 'vitest';
import type { SearchDocument } from '../documents/search-document.ts';
import { smallAnalysis } from '../report/small-analysis.case.ts';
import { describeRunFacts, nameStep } from './describe-run-facts.ts';

let run: string;
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'espalier-facts-'));
  await mkdir(join(run, 'models'));
  return () => rm(run, { recursive: true });
});

const step = (number: number, history: SearchStep['history'] = {}): SearchStep => ({
  ...{ step: number, model: `models/step-${number}.onnx`, history, groups: [], stale: [], proof: null },
  cost: { macs: 1, params: 1, activationBytes: 1 },
  judgement: {
    ...{ metric: 'top1', higherIsBetter: true, value: 0.9, groups: [], metrics: {} },
    ...{ drop: 0, interval: null, worst: 0, samples: 10 },
  },
});

async function describeRun(latency?: SearchDocument['latency']) {
  const cut = {
    inner_out: { channels: 6, kept: [0, 1, 4] },
    stem_out: { channels: 8, kept: [0, 1, 2, 3, 4, 5] },
  };
  const result = { original: await smallAnalysis(), steps: [step(0), step(1, cut)] };
  return describeRunFacts(result as unknown as SearchResult, {
    ...{ schema: 'espalier/search@1', run, output: join(run, 'models/best.onnx'), strategy: 'iterative' },
    model: { path: '/models/small.onnx', sha256: '00', bytes: 1 },
    ...{ target: { measure: 'macs', kept: 0.5 }, maxDrop: 0.01, confidence: 0.9, metric: 'top1' },
    ...{
      judgedBy: 10,
      reason: 'target',
      steps: [],
      layers: [],
      remarks: ['a remark'],
      next: 'espalier eval',
    },
    metrics: { macs: 0.5, params: 0.5, before: 0.9, after: 0.9, drop: 0 },
    ...(latency && { latency }),
  });
}

it('tells what is left of every layer, not only of those that a cut names', async () => {
  const { layers } = await describeRun();
  expect(layers.map(({ node, channels, kept, free }) => [node, channels, kept, free])).toEqual([
    ['stem_out', 8, 6, 8],
    ['inner_out', 6, 3, 6],
    // Goes with the stem, whose sum it is part of.
    ['back_out', 8, 6, 8],
    ['held_out', 4, 4, 0],
    ['logits_out', 5, 5, 0],
  ]);
  const [stem, inner, , , logits] = layers;
  expect(stem).toMatchObject({ operator: 'Conv', macs: 8 * 27 * 64, keptMacs: 6 * 27 * 64 });
  expect(stem?.readers).toEqual(['inner_out', 'held_out', 'logits_out']);
  expect(inner).toMatchObject({ macs: 6 * 72 * 64, keptMacs: 3 * 54 * 64 });
  expect(logits).toMatchObject({ operator: 'Gemm', sizes: [8, 4], readers: [] });
});

it('tells what is frozen, reason by reason', async () => {
  const { frozen } = await describeRun();
  expect(frozen.map(({ channels, because }) => [channels, because])).toEqual([
    [4, expect.stringMatching(/^Softmax '.*' /)],
    [5, "'logits_out' is an output of the model"],
  ]);
  expect(frozen[0]?.members).toContain('held_out');
});

it('knows the files that are there, and what was asked', async () => {
  await writeFile(join(run, 'models/step-1.onnx'), 'abc');
  expect(await describeRun()).toMatchObject({
    files: [{ step: 1, bytes: 3 }],
    asked: { strategy: 'iterative', maxDrop: 0.01 },
    ...{ remarks: ['a remark'], next: 'espalier eval' },
  });
});

it('gives latencies to their steps', async () => {
  const estimate = { value: 2, interval: [1, 3] as [number, number] };
  const times = { loadMs: 1, firstRunMs: 1, meanMs: 1, p90Ms: 1, p95Ms: 1, p99Ms: 1 };
  const models = [0, 1].map((number) => ({
    ...{ name: nameStep(number), iterations: 5, medianMs: estimate, speedup: estimate, ...times },
  }));
  expect((await describeRun({ provider: 'cpu', models, warnings: ['noise'] })).latency).toEqual({
    ...{ provider: 'cpu', warnings: ['noise'] },
    steps: [0, 1].map((number) => ({ step: number, iterations: 5, medianMs: estimate, speedup: estimate })),
  });
});
