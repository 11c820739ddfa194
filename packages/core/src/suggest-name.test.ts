import { describe, expect, it } from 'vitest';
import { suggestName } from './suggest-name.ts';

describe('suggestName', () => {
  const known = ['fscl', 'l1', 'l1-largest', 'bn-gamma', 'random'];
  it.each([
    ['flsc', 'fscl'],
    ['FSCL', 'fscl'],
    ['bn_gama', 'bn-gamma'],
    ['radnom', 'random'],
    ['l1-larges', 'l1-largest'],
    ['l3', 'l1'],
  ])('%s -> %s', (typed, meant) => {
    expect(suggestName(typed, known)).toBe(meant);
  });

  it.each(['entropy', 'xx', ''])("knows nothing near '%s'", (typed) => {
    expect(suggestName(typed, known)).toBeUndefined();
  });
});
