import { expect, it } from 'vitest';
import { describeModel } from '../describe/describe-model.ts';
import { inspectDocument } from '../documents/inspect-document.ts';
import { colourPaint, plainPaint } from '../output/paint.ts';
import { formatInspect } from './inspect-report.ts';
import { smallAnalysis } from './small-analysis.case.ts';

it('shows facts, cost, groups and what is frozen and why', async () => {
  const document = describeModel(await smallAnalysis());
  expect(inspectDocument.parse(document)).toEqual(document);
  const text = `${formatInspect(document, plainPaint).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot('./golden/inspect.txt');
});

it('adds measured time where it has some', async () => {
  const row = { node: 'stem_out', kernel: 'stem', opType: 'Conv', ms: 0.25, share: 1 };
  const document = describeModel(await smallAnalysis(), { rows: [row, row], runMs: 0.6, runs: 10 });
  expect(inspectDocument.parse(document)).toEqual(document);
  expect(document.layers.map((layer) => layer.ms)).toEqual([0.5, ...Array(4).fill(undefined)]);
  const lines = formatInspect(document, colourPaint);
  expect(lines).toContain('time          0.600 ms');
  expect(lines.find((line) => line.startsWith('stem_out'))).toMatch(/0\.500 ms$/);
});
