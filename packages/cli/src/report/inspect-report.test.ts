import { expect, it } from 'vitest';
import { describeModel } from '../describe/describe-model.ts';
import { inspectDocument } from '../documents/inspect-document.ts';
import { colourPaint, plainPaint } from '../output/paint.ts';
import { formatInspect } from './inspect-report.ts';
import { smallAnalysis } from './small-analysis.case.ts';

it('shows facts, cost, groups and what is frozen and why', async () => {
  const document = describeModel(await smallAnalysis());
  expect(inspectDocument.parse(document)).toEqual(document);
  const text = `${formatInspect(document, 'small.onnx', plainPaint).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot('./golden/inspect.txt');
});

it('adds measured time where it has some', async () => {
  const row = { node: 'stem_out', kernel: 'stem', opType: 'Conv', provider: 'cpu', ms: 0.25, share: 1 };
  const document = describeModel(await smallAnalysis(), { rows: [row, row], runMs: 0.6, runs: 10 });
  expect(inspectDocument.parse(document)).toEqual(document);
  expect(document.layers.map((layer) => layer.ms)).toEqual([0.5, ...Array(4).fill(undefined)]);
  const lines = formatInspect(document, 'small.onnx', colourPaint);
  expect(lines).toContain('time                0.600 ms');
  expect(lines.find((line) => line.startsWith('stem_out'))).toMatch(/0\.500 ms$/);
});

it('shows the heaviest of many layers, in graph order', async () => {
  const document = describeModel(await smallAnalysis());
  const [layer] = document.layers;
  const layers = Array.from({ length: 23 }, (_, i) => ({
    ...layer!,
    node: `n${i}_out`,
    macs: i === 1 ? 99 : i,
  }));
  const lines = formatInspect({ ...document, layers }, 'small.onnx', plainPaint);
  const shown = lines.filter((line) => /^n\d+_out/.test(line)).map((line) => line.split('_')[0]);
  expect(shown).toEqual(['n1', ...Array.from({ length: 19 }, (_, i) => `n${i + 4}`)]);
  expect(lines).toContain('and 3 lighter layers (--json has all)');
});

it('says in a sentence that nothing is frozen', async () => {
  const document = describeModel(await smallAnalysis());
  const layers = document.layers.map((layer) => ({ ...layer, frozen: [] }));
  const lines = formatInspect({ ...document, layers }, 'small.onnx', plainPaint);
  expect(lines).toContain('Nothing is frozen: every convolution can lose channels.');
  expect(lines).not.toContain('Frozen');
});

it('names the ONNX node where the name of its output does not tell', async () => {
  const document = describeModel(await smallAnalysis());
  expect(document.layers[0]).toMatchObject({ node: 'stem_out', name: 'stem' });
  const layers = document.layers.map((layer, i) => (i === 0 ? { ...layer, name: 'Conv_0' } : layer));
  const lines = formatInspect({ ...document, layers }, 'small.onnx', plainPaint);
  expect(lines.find((line) => line.startsWith('stem_out '))).toMatch(/^stem_out \(Conv_0\) +Conv /);
  expect(lines.find((line) => line.startsWith('inner_out '))).toMatch(/^inner_out +Conv /);
});
