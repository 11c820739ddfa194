import { expect, it } from 'vitest';
import { formatTable } from './text-table.ts';

it('aligns columns and leaves no trailing blanks', () => {
  const columns = [{ head: 'layer' }, { head: 'MACs', align: 'right' as const }, { head: 'note' }];
  expect(
    formatTable(columns, [
      ['first', '12 M', ''],
      ['a long name', '1.234 G', 'frozen'],
    ]),
  ).toEqual(['layer           MACs  note', 'first           12 M', 'a long name  1.234 G  frozen']);
});

it('is a line of heads without rows', () => {
  expect(formatTable([{ head: 'a' }, { head: 'b' }], [])).toEqual(['a  b']);
});
