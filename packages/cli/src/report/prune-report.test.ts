import { describe, expect, it } from 'vitest';
import { failureOf } from '../describe/describe-proof.ts';
import type { LatencyField } from '../documents/latency-field.ts';
import type { ProofField } from '../documents/proof-field.ts';
import { type PruneDocument, pruneDocument } from '../documents/prune-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatLatency } from './latency-report.ts';
import { formatLatencyTarget } from './latency-target-report.ts';
import { latencyTarget } from './latency-targets.case.ts';
import { formatPrune } from './prune-report.ts';

const estimate = (value: number) => ({ value, interval: [value * 0.95, value * 1.05] as [number, number] });

const latency: LatencyField = {
  provider: 'cpu',
  models: [
    { name: 'original', medianMs: estimate(12.5), speedup: estimate(1) },
    { name: 'pruned', medianMs: estimate(7.81), speedup: estimate(1.6) },
  ].map((model) => ({
    ...model,
    iterations: 80,
    loadMs: 31,
    firstRunMs: 15,
    meanMs: 13,
    p90Ms: 14,
    p95Ms: 15,
    p99Ms: 18,
  })),
  warnings: [],
};

const proof: ProofField = {
  verdict: 'proven',
  tolerance: 1e-4,
  deviation: 1.5e-6,
  runs: 2,
  outputs: 1,
  layers: 19,
  rows: 4100,
  unprovenRows: 0,
  untested: [],
  unproven: [],
};

const full: PruneDocument = {
  schema: 'espalier/prune@1',
  model: { path: '/models/net.onnx', sha256: '0'.repeat(64), bytes: 1_090_000 },
  output: '/models/small.onnx',
  plan: '/models/plan.json',
  made: { criterion: 'fscl', macs: 0.6 },
  metrics: { macs: 0.599, params: 0.647, bytes: 0.651, removedChannels: 0.21, speedup: 1.6 },
  before: {
    macs: 40_600_000,
    params: 269_000,
    activationBytes: 2e6,
    bytes: 1_090_000,
    accuracy: { top1: 0.81 },
  },
  after: { macs: 24_319_400, params: 174_043, activationBytes: 1e6, bytes: 709_590, accuracy: { top1: 0.7 } },
  layers: [{ node: 'conv1_out', channels: 16, kept: 9 }],
  proof,
  latency,
  remarks: [],
  next: 'espalier bench net.onnx small.onnx',
};

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

describe('formatPrune', () => {
  it('shows before and after, the proof and the next command', async () => {
    expect(pruneDocument.parse(full)).toEqual(full);
    await expect(text(formatPrune(full, plainPaint))).toMatchFileSnapshot('./golden/prune.txt');
  });

  it('shows a failed proof, which writes nothing', async () => {
    const { latency: _, ...rest } = full;
    const failed: PruneDocument = {
      ...rest,
      output: null,
      plan: null,
      next: null,
      proof: {
        ...proof,
        verdict: 'failed',
        deviation: null,
        firstFailure: {
          node: 'conv2_out',
          operator: 'Conv',
          value: 'conv2_out',
          deviation: null,
          channel: -1,
          problem: 'shape [1,8] instead of [1,10]',
        },
        unprovenRows: 7,
        unproven: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `${name}: 1 of 8 rows`),
      },
    };
    expect(pruneDocument.parse(failed)).toEqual(failed);
    await expect(text(formatPrune(failed, plainPaint))).toMatchFileSnapshot('./golden/prune-failed.txt');
  });
});

describe('formatPrune in detail', () => {
  it('names what was not tested and how to test it', () => {
    const silent = {
      ...full,
      proof: { ...proof, verdict: 'not proven' as const, untested: ['a', 'b', 'c', 'd', 'e'] },
    };
    expect(text(formatPrune(silent, plainPaint))).toContain(
      "Nothing was tested of 'a', 'b', 'c', 'd' and 1 more: silent on all these inputs.",
    );
  });

  it('folds many layers and shows agreement, remarks and a disturbed measurement', async () => {
    const [original, pruned] = latency.models;
    const disturbed: PruneDocument = {
      ...full,
      layers: Array.from({ length: 23 }, (_, i) => ({ node: `conv${i}_out`, channels: 64, kept: 40 + i })),
      before: { ...full.before, accuracy: undefined },
      after: { ...full.after, accuracy: undefined },
      agreement: { top1Agreement: 0.98, kl: 0.00012 },
      latency: {
        ...latency,
        models: [original!, { ...pruned!, speedup: { value: 0.99, interval: [0.15, 7.1] } }],
      },
      remarks: ['A remark.'],
    };
    expect(pruneDocument.parse(disturbed)).toEqual(disturbed);
    await expect(text(formatPrune(disturbed, plainPaint))).toMatchFileSnapshot('./golden/prune-detail.txt');
  });
});

it('counts the layers that went altogether', () => {
  const layers = [16, 0, 8, 0].map((kept, i) => ({ node: `conv${i}`, channels: 16, kept }));
  expect(formatPrune({ ...full, layers }, plainPaint)).toContain(
    '21.0 % of the channels that can go were removed, in 4 layers; 2 of them went altogether, with the layers that only served them.',
  );
});

it('tells how a latency was found, between the layers and the proof', () => {
  const aimed: PruneDocument = { ...full, latencyTarget };
  expect(pruneDocument.parse(aimed)).toEqual(aimed);
  const lines = formatPrune(aimed, plainPaint);
  const section = formatLatencyTarget(latencyTarget);
  const at = lines.indexOf(section[0]!);
  expect(lines.slice(at, at + section.length)).toEqual(section);
});

describe('failureOf', () => {
  const firstFailure = { node: 'n', operator: 'Conv', value: 'n', deviation: 0.5, channel: 3 };

  it('names the node and the channel, or the problem', () => {
    expect(failureOf({ ...proof, verdict: 'failed', firstFailure })).toMatchObject({
      kind: 'verification',
      code: 'verify.deviates',
      message:
        "The pruned model does not compute what the zeroed original does: Conv 'n' deviates by 5.0e-1 in channel 3, allowed is 0.0001.",
    });
    const missing = { ...firstFailure, problem: 'is missing' };
    expect(failureOf({ ...proof, verdict: 'failed', firstFailure: missing })?.message).toMatch(
      /Conv 'n' is missing\.$/,
    );
    expect(failureOf(proof)).toBeUndefined();
  });
});

it('formats latencies', async () => {
  await expect(text(formatLatency(latency))).toMatchFileSnapshot('./golden/latency.txt');
});
