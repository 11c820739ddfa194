import { expect, it } from 'vitest';
import { type CompareDocument, compareDocument } from '../documents/compare-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatCompare } from './compare-report.ts';

const device = (name: string, fingerprint: string): CompareDocument['devices'][number] => ({
  device: { name, runtime: 'r 1', provider: 'cpu', processor: 'chip', os: 'linux', fingerprint },
  ...{ provider: 'cpu', threads: 1, models: [], warnings: [] },
});
const devices = [device('this machine', 'aa'), device('board', 'bb')];

function model(name: string, drop: number, speedups: readonly number[]): CompareDocument['models'][number] {
  return {
    ...{ name, step: null, model: { path: `/m/${name}`, sha256: '', bytes: 2e6 - 1e8 * drop } },
    ...{ macs: 1e6 / speedups[0]!, memory: { weightBytes: 1e6, activationBytes: 5e5 } },
    judgement: { value: 0.9 - drop, drop, interval: [drop - 0.001, drop + 0.001], worst: drop },
    latency: speedups.map((value, i) => ({
      ...{ device: devices[i]!.device!.name, fingerprint: devices[i]!.device!.fingerprint },
      medianMs: { value: 10 / value, interval: [9 / value, 11 / value] },
      speedup: { value, interval: [value - 0.1, value + 0.1] },
    })),
    ...{ score: 1, pareto: true, behind: null },
  };
}

const [original, small, slow] = [
  model('net.onnx', 0, [1, 1]),
  model('small.onnx', 0.005, [2, 1.5]),
  model('slow.onnx', 0.006, [1.9, 1.4]),
];
const document: CompareDocument = {
  ...{ schema: 'espalier/compare@1', run: null, metric: 'top1', devices },
  models: [
    original!,
    { ...small!, score: 1.3 },
    { ...slow!, score: 1.2, pareto: false, behind: { name: 'small.onnx', clear: false } },
  ],
  decision: {
    ...{ rule: 'weighted', text: 'the highest score', formula: 'x', maxDrop: 0.01, confidence: 0.9 },
    weights: { accuracy: 1, latency: 1, size: 0.5, memory: 0 },
  },
  pick: { name: 'small.onnx', step: null, path: '/m/small.onnx' },
  metrics: { score: 1.3, speedup: 1.73, drop: 0.005, macs: 0.5, bytes: 0.75, memory: 1 },
  ...{ output: null, remarks: ['Beware.'], next: 'espalier eval' },
};
const textOf = (changes: Partial<CompareDocument> = {}): string =>
  formatCompare(compareDocument.strict().parse({ ...document, ...changes }), plainPaint).join('\n');

it('has a line per model, a pair of columns per device, and says what was picked and why', () => {
  expect(textOf()).toBe(`\
model         top1    drop     95 % interval     MACs     size   memory  median 1  speed-up   95 % interval  median 2  speed-up   95 % interval  score  Pareto set
net.onnx    0.9000                            100.0 %  2.00 MB  1.50 MB   10.0 ms     1.00x                   10.0 ms     1.00x                   1.00  yes
small.onnx  0.8950  0.0050  0.0040 to 0.0060   50.0 %  1.50 MB  1.50 MB   5.00 ms     2.00x  1.90x to 2.10x   6.67 ms     1.50x  1.40x to 1.60x   1.30  yes
slow.onnx   0.8940  0.0060  0.0050 to 0.0070   52.6 %  1.40 MB  1.50 MB   5.26 ms     1.90x  1.80x to 2.00x   7.14 ms     1.40x  1.30x to 1.50x   1.20  behind small.onnx, by no more than noise

1: this machine, measured in turn; provider cpu, threads 1; chip (device aa)
2: measured in turn on board (chip, linux, r 1); provider cpu, threads 1 (device bb)
Pareto set, by accuracy, latency and size: nothing else is as good in all of that and better in some. Memory: weights and live values, by the graph.
score = x; 1 is the original

pick: small.onnx, the highest score (1.73x as fast, 75.0 % of the size, 0.0050 of top1 lost, score 1.30)
model: /m/small.onnx

Beware.

next: espalier eval`);
});

it('leaves out what was not judged, and gains where the original is picked', () => {
  const models = document.models.map((each) => ({
    ...each,
    judgement: null,
    latency: each.latency.slice(0, 1),
  }));
  const weights = { accuracy: 0, latency: 1, size: 0, memory: 0 };
  const text = textOf({
    ...{ metric: null, models, devices: devices.slice(0, 1), remarks: [], next: null },
    decision: { ...document.decision, weights },
    pick: { name: 'net.onnx', step: null, path: '/m/net.onnx' },
    ...{ metrics: { ...document.metrics, drop: null }, output: '/m/copy.onnx' },
  });
  expect(text).toMatch(/^model +MACs +size +memory +median +speed-up /);
  expect(text).toContain('\nthis machine, measured in turn');
  expect(text).toContain('\nPareto set, by latency: ');
  expect(text).toMatch(/\npick: net\.onnx, the highest score\nmodel: \/m\/copy\.onnx$/);
});
