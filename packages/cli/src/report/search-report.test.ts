import { expect, it } from 'vitest';
import { type SearchDocument, searchDocument } from '../documents/search-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatSearch } from './search-report.ts';

const step = (
  number: number,
  macs: number,
  value: number,
  tries: number,
): SearchDocument['steps'][number] => ({
  ...{ step: number, tries, proof: number === 0 ? null : 'proven', model: `models/step-${number}.onnx` },
  cost: { macs, params: macs / 10, activationBytes: 1 },
  judgement: { value, drop: 0.9 - value, interval: [0.88 - value, 0.92 - value], worst: 0.91 - value },
});

const document: SearchDocument = searchDocument.strict().parse({
  schema: 'espalier/search@1',
  model: { path: '/m/net.onnx', sha256: '00', bytes: 1 },
  ...{ run: '/m/runs/a', output: '/m/runs/a/models/best.onnx', strategy: 'iterative', reason: 'target' },
  ...{
    target: { measure: 'macs', kept: 0.5 },
    maxDrop: 0.02,
    confidence: 0.9,
    metric: 'top1',
    judgedBy: 500,
  },
  metrics: { macs: 0.5, params: 0.5, before: 0.9, after: 0.89, drop: 0.01 },
  steps: [step(0, 2e7, 0.9, 0), step(1, 1.5e7, 0.895, 2), step(2, 1e7, 0.89, 1)],
  layers: [{ node: 'conv', channels: 64, kept: 40 }],
  remarks: [],
  next: 'espalier eval best.onnx --data images',
});

it('shows every step, what it came to, the widths, where it lies and what is next', () => {
  expect(formatSearch(document, plainPaint)).toEqual([
    'step    MACs     kept  parameters     kept    top1    drop      95 % interval  tries  proof',
    '   0  20.0 M  100.0 %      2.00 M  100.0 %  0.9000',
    '   1  15.0 M   75.0 %      1.50 M   75.0 %  0.8950  0.0050  -0.0150 to 0.0250      2  proven',
    '   2  10.0 M   50.0 %      1.00 M   50.0 %  0.8900  0.0100  -0.0100 to 0.0300      1  proven',
    '',
    'top1 0.9000 before, 0.8900 after, on 500 samples that nothing was learned from; at 90.0 % confidence the drop is at most 0.0200.',
    '',
    'layer  channels  left',
    'conv         64    40',
    '',
    'model: /m/runs/a/models/best.onnx',
    'run: /m/runs/a (report.html, report.md, results.csv, history.json, plan.json, every step in models/)',
    '',
    'next: espalier eval best.onnx --data images',
  ]);
});

it('says which models were kept', () => {
  const [first, second, third] = document.steps;
  const thinned = { ...document, steps: [first!, { ...second!, model: null }, third!] };
  expect(formatSearch(thinned, plainPaint).join('\n')).toContain('plan.json, steps 0 and 2 in models/)');
});

it('folds long lists of layers', () => {
  const layers = Array.from({ length: 20 }, (_, i) => ({ node: `conv${i}`, channels: 64, kept: 40 }));
  const lines = formatSearch({ ...document, layers }, plainPaint);
  expect(lines).toContain('… and 8 more layers, in /m/runs/a/report.html');
});

it('shows latency and remarks where there are any, and no table without a row', () => {
  const estimate = (value: number) => ({ value, interval: [value, value] as [number, number] });
  const times = { iterations: 9, loadMs: 1, firstRunMs: 1, meanMs: 1, p90Ms: 1, p95Ms: 1, p99Ms: 1 };
  const model = (name: string, speedup: number) => ({
    ...{ ...times, name, medianMs: estimate(2), speedup: estimate(speedup) },
  });
  const latency = { provider: 'cpu', models: [model('original', 1), model('step 2', 1.1)], warnings: [] };
  const measured = { ...document, latency, layers: [], remarks: ['1.10x as fast is far below.'] };
  const lines = formatSearch(measured, plainPaint);
  expect(lines.filter((line) => line.startsWith('step 2 '))).toEqual([
    expect.stringMatching(/ 1\.10x .* 50\.0 %$/),
  ]);
  expect(lines).toContain('1.10x as fast is far below.');
  expect(lines.join('\n')).not.toContain('layer  channels');
});
