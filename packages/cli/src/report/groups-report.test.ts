import { expect, it } from 'vitest';
import { describeGroups } from '../describe/describe-groups.ts';
import { groupsDocument } from '../documents/groups-document.ts';
import { plainPaint } from '../output/paint.ts';
import { formatDot } from './groups-dot.ts';
import { formatGroups } from './groups-report.ts';
import { smallAnalysis } from './small-analysis.case.ts';

it('shows connectivity and groups, as text and as a graph', async () => {
  const document = describeGroups(await smallAnalysis());
  expect(groupsDocument.parse(document)).toEqual(document);
  await expect(`${formatGroups(document, plainPaint).join('\n')}\n`).toMatchFileSnapshot(
    './golden/groups.txt',
  );
  await expect(`${formatDot(document).join('\n')}\n`).toMatchFileSnapshot('./golden/groups.dot');
});

it('quotes names in graphs', () => {
  const node = 'a"b\\c';
  const lines = formatDot({
    schema: 'espalier/groups@1',
    model: { path: '', sha256: '', bytes: 0 },
    metrics: { groups: 0, frozenGroups: 0, channels: 0 },
    connectivity: [{ node, operator: 'Conv', consumers: [{ node, slot: 0 }], sizes: [] }],
    groups: [],
  });
  expect(lines).toContain('  "a\\"b\\\\c" [label="a\\"b\\\\c\\nConv"];');
  expect(lines).toContain('  "a\\"b\\\\c" -> "a\\"b\\\\c" [label="0"];');
});
