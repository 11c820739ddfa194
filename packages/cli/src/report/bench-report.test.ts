import { expect, it } from 'vitest';
import { type BenchDocument, benchDocument } from '../documents/bench-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatBench } from './bench-report.ts';

it('sets the speed-up beside the MACs and lists operator times', async () => {
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
    { node: 'conv_out', kernel: 'conv', operator: 'Conv', ms: 1.5, share: 0.75 },
    { kernel: 'reorder_1', operator: 'ReorderOutput', ms: 0.5, share: 0.25 },
  ];
  const document: BenchDocument = {
    schema: 'espalier/bench@1',
    models: [
      { path: '/a.onnx', sha256: '', bytes: 10, macs: 1000 },
      { path: '/b.onnx', sha256: '', bytes: 6, macs: 500, profile },
    ],
    metrics: { medianMs: 2, speedup: 1.5, macsRatio: 0.5 },
    latency: {
      provider: 'cpu',
      threads: 1,
      models: [model('a.onnx', 3, 1), model('b.onnx', 2, 1.5)],
      warnings: [],
    },
  };
  expect(benchDocument.parse(document)).toEqual(document);
  await expect(`${formatBench(document, plainPaint).join('\n')}\n`).toMatchFileSnapshot('./golden/bench.txt');
});
