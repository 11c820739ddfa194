import { expect, it } from 'vitest';
import { usualCriterion } from './search-options.ts';

it('looks at the pictures of a detector, and at the weights of anything else', () => {
  expect(usualCriterion('detect')).toBe('fscl-active');
  expect(usualCriterion('classify')).toBe('fscl');
  expect(usualCriterion('other')).toBe('fscl');
});
