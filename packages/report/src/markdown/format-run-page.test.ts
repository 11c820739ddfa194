import { expect, it } from 'vitest';
import { makeRunPage } from '../page/run-page.ts';
import { facts, journal, layerOf, source } from '../page/small-run.case.ts';
import { formatRunPage } from './format-run-page.ts';
import { codeBlock, markdownTable, plainText } from './markdown.ts';

it('is the page in headings, tables and commands', () => {
  const text = formatRunPage(makeRunPage(source));
  expect(text).toMatch(/^# net\.onnx: 60\.0 % of the MACs, 1\.60x as fast, top1 −0\.4 points\n/);
  expect([...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
    ...[
      'Before and after',
      'Steps',
      'Classes',
      'Sensitivity',
      'Widths',
      'What had to stay',
      'Tries',
      'Proofs',
    ],
    ...['This run', 'Next', 'Environment', 'Settings'],
  ]);
  expect(text).toContain('| MACs | 10.0 M | 6.00 M | 60.0 % |');
  expect(text).toContain('```\nespalier run net.onnx --data images --target macs=0.6\n```');
});

it('has no section without a row', () => {
  const text = formatRunPage(makeRunPage({ journal: journal.slice(0, 1) }));
  expect([...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
    ...['Before and after', 'Steps', 'Classes'],
  ]);
});

it('takes names for text', () => {
  expect(plainText('a|b*c_<img>\n#')).toBe('a\\|b\\*c\\_\\<img\\> \\#');
  expect(
    markdownTable({ columns: [{ head: 'a' }, { head: 'b', align: 'right' }], rows: [['x|y', '1']] }),
  ).toEqual(['| a | b |', '|---|---:|', '| x\\|y | 1 |']);
  expect(codeBlock('a ``` b')).toEqual(['````', 'a ``` b', '````']);
  const hostile = makeRunPage({ journal, facts: { ...facts, layers: [layerOf('<b>|x', 4, 4, [])] } });
  expect(formatRunPage(hostile)).toContain('| 1 | \\<b\\>\\|x | Conv |');
});
