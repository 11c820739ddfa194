// A small run as its folder tells it: two accepted cuts, one refused try, one analysis before each cut.
import type { GroupSensitivity, SearchJudgement, SearchRecord, SearchStep } from '@espalier/core';
import { parseHTML } from 'linkedom';
import type { LayerFact, RunFacts } from './run-facts.ts';
import type { RunSource } from './run-page.ts';

/** A document to draw with. */
export function openDocument(): Document {
  return parseHTML('<!doctype html><html><head></head><body></body></html>').document;
}

/** A judgement of so good a model; the original scores 0.9. */
export function judged(
  value: number,
  rest: Partial<SearchJudgement> & { readonly classes?: Readonly<Record<string, number>> } = {},
): SearchJudgement {
  const drop = 0.9 - value;
  return {
    ...{ metric: 'top1', higherIsBetter: true, value, groups: [value - 0.01, value + 0.01], metrics: {} },
    ...{ drop, interval: [drop - 0.01, drop + 0.01], worst: drop + 0.008, samples: 500 },
    ...rest,
  };
}

/** A step of the run. */
export function stepOf(step: number, macs: number, judgement: SearchJudgement): SearchStep {
  return {
    ...{ step, model: `models/step-${step}.onnx`, judgement, history: {}, stale: ['conv1'] },
    cost: { macs, params: macs / 10, activationBytes: macs / 100 },
    groups: step === 0 ? [] : [{ root: 'conv1', channels: 16, removed: [0, 3] }],
    proof: step === 0 ? null : 'proven',
    ...(step > 0 && {
      evidence: {
        ...{ deviation: 3.2e-7, tolerance: 1e-4, runs: 2 },
        ...{ outputs: 1, layers: 3, rows: 1200, unprovenRows: 4 },
      },
    }),
  };
}

function curve(root: string, drops: readonly number[], age: number): GroupSensitivity {
  return {
    ...{ root, part: 0, channels: 16, age },
    points: drops.map((drop, i) => ({
      ...{ rate: (i + 1) / 4, removed: 4 * (i + 1), macs: 1e6, params: 1e5, value: 0.9 - drop, drop },
      ...{ interval: [drop - 0.02, drop + 0.02] as const, samples: 200 },
    })),
  };
}

function analysis(iteration: number, groups: readonly GroupSensitivity[]): SearchRecord {
  return {
    ...{ type: 'search.sensitivity', iteration, probes: 6 },
    sensitivity: {
      ...{ metric: 'top1', higherIsBetter: true, samples: 200, groups },
      baseline: { value: 0.9, macs: 1e7, params: 1e6 },
    },
  };
}

function trial(
  iteration: number,
  strength: number,
  macs: number,
  value: number,
  accepted: boolean,
): SearchRecord {
  return {
    type: 'search.trial',
    trial: {
      ...{ iteration, strength, accepted, allowed: 0.01, seconds: 75 },
      cost: { macs, params: macs / 10, activationBytes: macs / 100 },
      ...{ cutAlone: judged(0.4), recovered: judged(value) },
    },
  };
}

/** The journal of a run that reached its target. */
export const journal: readonly SearchRecord[] = [
  { type: 'search.step', step: stepOf(0, 1e7, judged(0.9, { classes: { cat: 0.8, dog: 0.95 } } as object)) },
  analysis(0, [curve('conv1', [0.01, 0.02, 0.1], 0), curve('conv2', [0.05, 0.2, 0.4], 0)]),
  trial(0, 1, 7e6, 0.87, false),
  trial(0, 0.5, 8e6, 0.898, true),
  { type: 'search.step', step: stepOf(1, 8e6, judged(0.898)) },
  analysis(1, [curve('conv1', [0.02, 0.04, 0.2], 0), curve('conv2', [0.05, 0.2, 0.4], 1)]),
  trial(1, 1, 6e6, 0.896, true),
  {
    type: 'search.step',
    step: stepOf(2, 6e6, judged(0.896, { classes: { cat: 0.82, dog: 0.9 } } as object)),
  },
  { type: 'search.stop', reason: 'target' },
  { type: 'search.end', reason: 'target', best: 2 },
];

/** A layer of so many channels. */
export function layerOf(node: string, channels: number, kept: number, readers: readonly string[]): LayerFact {
  return {
    node,
    operator: 'Conv',
    channels,
    kept,
    free: channels,
    macs: 1e6,
    keptMacs: 5e5,
    readers,
    sizes: [],
  };
}

/** What the command knew. */
export const facts: RunFacts = {
  schema: 'espalier/report@1',
  model: { path: '/m/net.onnx', sha256: 'ab'.repeat(32) },
  output: '/m/runs/a/models/best.onnx',
  asked: { strategy: 'iterative', target: { measure: 'macs', kept: 0.6 }, maxDrop: 0.02, confidence: 0.9 },
  files: [
    { step: 0, bytes: 4_000_000 },
    { step: 2, bytes: 2_400_000 },
  ],
  layers: [
    layerOf('conv1', 16, 12, ['conv2', 'head']),
    layerOf('conv2', 32, 20, ['head']),
    { ...layerOf('head', 10, 10, []), operator: 'Gemm', free: 0 },
  ],
  frozen: [{ members: ['head'], channels: 10, because: "'scores' is an output of the model" }],
  latency: {
    ...{ provider: 'cpu', threads: 1, warnings: ['Other work is running.'] },
    steps: [0, 2].map((step) => ({
      ...{ step, iterations: 100 },
      medianMs: { value: step === 0 ? 4 : 2.5, interval: step === 0 ? [3.9, 4.1] : [2.4, 2.6] },
      speedup: { value: step === 0 ? 1 : 1.6, interval: step === 0 ? [1, 1] : [1.5, 1.7] },
    })),
  },
  ...{ remarks: [], next: 'espalier eval runs/a/models/best.onnx --data images' },
};

/** The whole folder. */
export const source: RunSource = {
  journal,
  facts,
  record: {
    about: {
      command: 'espalier run net.onnx --data images --target macs=0.6',
      ...{ startedAt: '2026-01-02T03:04:05.678Z', espalier: '0.1.0' },
      machine: { node: '20.20.2', onnxruntime: '1.30.0', cpu: 'A processor', cores: 2, memory: 8e9 },
    },
    settings: { seed: 1, ignore: ['stem*'], target: 'macs=0.6' },
  },
};
