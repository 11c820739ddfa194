import { describe, expect, it } from 'vitest';
import { type BenchDocument, benchDocument } from '../documents/bench-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatBench } from './bench-report.ts';

const model = (name: string, ms: number, speedup: number) => ({
  name,
  iterations: 30,
  loadMs: 5,
  firstRunMs: 6,
  meanMs: ms,
  medianMs: { value: ms, interval: [ms, ms] as [number, number] },
  p90Ms: ms,
  p95Ms: ms,
  p99Ms: ms,
  speedup: { value: speedup, interval: [speedup, speedup] as [number, number] },
});

const profile = [
  {
    ...{ node: 'conv_out', kernel: 'conv', operator: 'Conv', provider: 'cpu', ms: 1.5123, share: 0.5 },
    bound: { ms: 1.2, by: 'arithmetic' as const },
  },
  { kernel: 'reorder_1', operator: 'ReorderOutput', provider: 'cpu', ms: 0.5, share: 0.1 },
  { kernel: 'reorder_2', operator: 'ReorderInput', provider: 'cpu', ms: 0.25, share: 0.05 },
  ...Array.from({ length: 17 }, (_, i) => ({
    node: `relu_${i}_out`,
    kernel: `relu_${i}`,
    operator: 'Relu',
    provider: 'cpu',
    ms: 0.0345 - i / 1000,
    share: 0.02,
  })),
];

const memory = (peakBytes: number) => ({
  peakBytes,
  loadPeakBytes: peakBytes - 1e6,
  processBytes: peakBytes + 90e6,
  threads: 1,
});

const document: BenchDocument = {
  schema: 'espalier/bench@1',
  models: [
    { path: '/a.onnx', sha256: '', bytes: 10, macs: 1000, weightBytes: 18_000_000, memory: memory(41e6) },
    {
      path: '/b.onnx',
      sha256: '',
      bytes: 6,
      macs: 500,
      weightBytes: 9_000_000,
      memory: memory(23e6),
      profile,
    },
  ],
  metrics: { medianMs: 2, speedup: 1.5, macsRatio: 0.5 },
  latency: {
    provider: 'cpu',
    threads: 1,
    models: [model('a.onnx', 3, 1), model('b.onnx', 2, 1.5)],
    warnings: [],
  },
  roofline: { macsPerMs: 1.068e8, bytesPerMs: 2.59e7 },
};

it('sets the speed-up beside the MACs and lists operator times', async () => {
  expect(benchDocument.parse(document)).toEqual(document);
  await expect(`${formatBench(document, plainPaint).join('\n')}\n`).toMatchFileSnapshot('./golden/bench.txt');
});

it.each([
  [1.001, 1, 'b.onnx is as fast as a.onnx, with as many MACs'],
  [0.8, 1.5, 'b.onnx is 0.80x as fast as a.onnx, with 150.0 % of the MACs (1.50x the arithmetic)'],
])('compares speed-up %d at a MACs ratio of %d in a sentence', (speedup, macsRatio, sentence) => {
  const metrics = { medianMs: 2, speedup, macsRatio };
  expect(formatBench({ ...document, metrics }, plainPaint)).toContain(sentence);
});

it('shows the MACs of more than two models as a column', () => {
  const models = [1000, 500, 250].map((macs) => ({ path: '', sha256: '', bytes: 1, macs, weightBytes: 8 }));
  const latency = {
    ...document.latency,
    models: [...document.latency.models, model('c.onnx', 1, 3)],
  };
  const { roofline: _, ...withoutProfile } = document;
  const lines = formatBench({ ...withoutProfile, models, latency }, plainPaint);
  expect(lines[0]).toMatch(/MACs$/);
  expect(lines.slice(1, 4).map((line) => line.split('  ').at(-1)!.trim())).toEqual([
    '100.0 %',
    '50.0 %',
    '25.0 %',
  ]);
  expect(lines.slice(5)).toEqual([
    '',
    expect.stringMatching(/^model +load +first run +weights$/),
    ...['a', 'b', 'c'].map((name) => expect.stringMatching(`^${name}.onnx .* 8 B$`)),
  ]);
});

describe('remarks', () => {
  const estimate = (value: number, low: number, high: number) => ({
    value,
    interval: [low, high] as [number, number],
  });
  const tensors = [
    { tensor: 'few', count: 4, total: 64 },
    { tensor: 'most', count: 2000, total: 4096 },
  ];
  const withDenormals = (speedup: ReturnType<typeof estimate>): string => {
    const denormals = { count: 2004, tensors, medianMs: estimate(2, 2, 2), speedup };
    const [first, last] = document.models;
    return formatBench({ ...document, models: [first!, { ...last!, denormals }] }, plainPaint).join('\n');
  };

  it('tell which weights are denormal, and what that costs', () => {
    const text = withDenormals(estimate(1.5, 1.4, 1.6));
    expect(text).toContain('b.onnx holds 2,004 denormal weights: most and few.');
    expect(text).toContain('as in every model that espalier writes, it is 1.50x as fast (1.40x to 1.60x).');
  });

  it('claim no gain that the interval does not show', () => {
    expect(withDenormals(estimate(1.01, 0.99, 1.03))).toContain(
      'it is as fast on this processor (0.99x to 1.03x); others may be slow on them.',
    );
  });

  it('name kernels that ran elsewhere than asked', () => {
    const [first, last] = document.models;
    const placement = [
      { provider: 'webgpu', kernels: 40, share: 0.75 },
      { provider: 'cpu', kernels: 2, share: 0.25 },
    ];
    const latency = { ...document.latency, provider: 'webgpu' };
    const models = [first!, { ...last!, placement }];
    const lines = formatBench({ ...document, latency, models }, plainPaint);
    expect(lines).toContain('2 kernels of b.onnx ran on cpu, not on webgpu: 25.0 % of the time.');
  });
});
