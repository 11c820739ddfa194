import { expect, it } from 'vitest';
import { groupBy } from './group-by.ts';

it('collects items by key in the order they come', () => {
  const groups = groupBy(['pear', 'fig', 'plum', 'date'], (word) => word.length);
  expect([...groups]).toEqual([
    [4, ['pear', 'plum', 'date']],
    [3, ['fig']],
  ]);
});
