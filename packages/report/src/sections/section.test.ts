import { expect, it } from 'vitest';
import { createMaker } from '../dom/element.ts';
import { openDocument } from '../page/small-run.case.ts';
import { breakable, drawTable } from './section.ts';

const maker = createMaker(openDocument());
const table = {
  columns: [{ head: 'name' }, { head: 'n', align: 'right' as const }],
  rows: [['a/b', '-1 to -0.5 (-2)']],
};
const cells = (made: Element) => [...made.querySelectorAll('td')].map(({ textContent }) => textContent);

it('draws cells, with a drawn column among them', () => {
  const made = drawTable(maker, table, {
    drawn: { head: 'bar', at: 1, draw: (row) => `drawn ${row}` },
    ids: (row) => `row-${row}`,
    names: [0],
  });
  expect(cells(made)).toEqual(['a/b', 'drawn 0', '−1 to −0.5 (−2)']);
  expect([...made.querySelectorAll('th')].map(({ textContent }) => textContent)).toEqual([
    'name',
    'bar',
    'n',
  ]);
  expect(made.querySelector('tbody tr')?.id).toBe('row-0');
});

it('leaves the minus of a name alone', () => {
  expect(cells(drawTable(maker, { ...table, rows: [['-1', '2']] }))).toEqual(['-1', '2']);
});

it('lets a name break behind its separators', () => {
  const made = maker.html('b', {}, ...breakable(maker, 'a/b_c.d'));
  expect([made.querySelectorAll('wbr').length, made.textContent]).toEqual([3, 'a/b_c.d']);
});
