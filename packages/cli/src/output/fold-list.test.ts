import { expect, it } from 'vitest';
import { foldList, foldNumbers, foldSum } from './fold-list.ts';

it.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 'b'], 'a and b'],
  [['a', 'b', 'c'], 'a, b and c'],
  [['a', 'b', 'c', 'd'], 'a, b and 2 more'],
])('folds %j into "%s"', (items, text) => expect(foldList(items, 2)).toBe(text));

it('gathers neighbouring numbers', () => {
  expect(foldNumbers([0, 1, 2, 5, 7, 8], 3)).toBe('0-2,5,7-8');
  expect(foldNumbers([0, 2, 4, 6], 3)).toBe('0,2,4,…');
  expect(foldNumbers([3], 3)).toBe('3');
});

it('counts equal terms', () => {
  expect(foldSum([64, 64, 64, 128], 3)).toBe('3x64+128');
  expect(foldSum([1, 2, 3, 4], 3)).toBe('1+2+3+…');
});
