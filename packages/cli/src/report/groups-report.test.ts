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

it('tells parts of layers, filters that go at once, depthwise layers and padding apart', () => {
  const use = { operator: 'Conv', value: 'w', axis: 0, count: 1 } as const;
  const [split, read] = [
    { ...use, node: 'split', role: 'produce' as const },
    { ...use, node: 'reader', role: 'consume' as const, axis: 1 },
  ];
  const depthwise = (['consume', 'produce'] as const).map((role) => ({ ...use, node: 'deep', role }));
  const group = { channels: 8, meetings: [] };
  const lines = formatGroups(
    {
      schema: 'espalier/groups@1',
      model: { path: '', sha256: '', bytes: 0 },
      metrics: { groups: 3, frozenGroups: 0, channels: 24 },
      connectivity: [],
      groups: [
        { ...group, id: 0, root: 'split', uses: [split, ...depthwise, read] },
        { ...group, id: 1, root: 'split', uses: [{ ...split, count: 4 }] },
        { ...group, id: 2, root: '', uses: [read] },
      ],
    },
    plainPaint,
  );
  expect(lines.slice(2, 10)).toEqual([
    'group 0: 8 channels',
    '  Made by split (8 of its 40); passed on by deep; read by reader.',
    '',
    'group 1: 8 channels',
    '  Made by split (32 of its 40); read by no weights. Each channel stands for 4 filters of split,',
    '  which go at once.',
    '',
    'group 2: 8 channels',
  ]);
  expect(lines[10]).toBe('  Made by padding; read by reader.');
});

it('names what goes with a group that may go altogether', () => {
  const made = (root: string) => ({
    ...{ root, channels: 8, meetings: [] },
    uses: [{ node: root, operator: 'Conv', value: 'w', axis: 0, count: 1, role: 'produce' as const }],
  });
  const lines = formatGroups(
    {
      schema: 'espalier/groups@1',
      model: { path: '', sha256: '', bytes: 0 },
      metrics: { groups: 2, frozenGroups: 0, channels: 16 },
      connectivity: [],
      groups: [
        { ...made('first'), id: 0 },
        { ...made('second'), id: 1, branch: ['first', 'second'] },
      ],
    },
    plainPaint,
  );
  expect(lines[3]).toBe('  Made by first; read by no weights.');
  expect(lines.slice(6, 8)).toEqual([
    '  Made by second; read by no weights. All of it may go, with first: the network goes on around it',
    '  (--branches).',
  ]);
});
