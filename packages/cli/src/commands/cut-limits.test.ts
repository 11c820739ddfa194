import { expect, it } from 'vitest';
import { mayCutBranches } from './cut-limits.ts';

it.each([
  ['auto', true, true],
  ['auto', false, false],
  ['on', false, true],
  ['off', true, false],
] as const)('branches %s, for a latency %s: %s', (branches, isForLatency, may) => {
  expect(mayCutBranches({ branches }, isForLatency)).toBe(may);
});
