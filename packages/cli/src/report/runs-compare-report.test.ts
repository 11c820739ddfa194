import { expect, it } from 'vitest';
import { describeRun } from '../describe/describe-run.ts';
import { searchRun } from '../describe/described-runs.case.ts';
import { type RunsCompareDocument, runsCompareDocument } from '../documents/runs-compare-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatRunsCompare } from './runs-compare-report.ts';

type Drop = RunsCompareDocument['drops'][number];

async function textOf(drop: Partial<Drop>, rest: Partial<RunsCompareDocument> = {}): Promise<string> {
  const run = await describeRun(searchRun());
  const document: RunsCompareDocument = {
    schema: 'espalier/runs-compare@1',
    runs: [
      { ...run, run: 'a' },
      { ...run, run: 'b' },
    ],
    settings: [],
    drops: [{ run: 'b', against: 'a', value: 0, interval: null, reason: null, ...drop }],
    remarks: [],
    ...rest,
  };
  return formatRunsCompare(runsCompareDocument.strict().parse(document), plainPaint).join('\n');
}

it.each([
  [
    { value: 0.02, interval: [0.01, 0.03] },
    'b is 0.0200 worse than a; on the same samples its drop against it is 0.0100 to 0.0300 at 95 %.',
  ],
  [
    { value: -0.02, interval: [-0.05, 0.01] },
    'b is 0.0200 better than a; on the same samples its drop against it is -0.0500 to 0.0100 at 95 %: it may be better or worse.',
  ],
  [
    { value: 0, interval: [0, 0] },
    'b scores the same as a; on the same samples its drop against it is 0.0000 to 0.0000 at 95 %.',
  ],
  [{ value: 0.02 }, 'b is 0.0200 worse than a; the samples are too few to tell how sure that is.'],
  [{ value: null, reason: 'Why not.' }, 'b and a cannot be compared sample by sample. Why not.'],
] as readonly (readonly [Partial<Drop>, string])[])(
  'says how sure a difference is: %j',
  async (drop, line) => {
    expect((await textOf(drop)).split('\n')).toContain(line);
  },
);

it('shows settings that differ side by side, long ones cut', async () => {
  const settings = [
    { name: 'model', values: ['0'.repeat(64), '1'.repeat(64)] },
    { name: 'rates', values: [['0.5'], null] },
  ];
  const text = await textOf({}, { settings, remarks: ['Nothing was measured.'] });
  expect(text).toMatch(
    /^setting that differs +a +b\nmodel +0{39}… +1{39}…\nrates +\["0\.5"\] +-\n\nNothing was measured\.$/m,
  );
  expect(await textOf({})).toContain('They were asked the same.');
});
