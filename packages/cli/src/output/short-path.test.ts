import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { shortPath } from './short-path.ts';

it('is relative below the current folder and absolute elsewhere', () => {
  const here = process.cwd();
  expect(shortPath(here)).toBe('.');
  expect(shortPath(join(here, 'runs', 'a'))).toBe(join('runs', 'a'));
  expect(shortPath(dirname(here))).toBe(dirname(here));
});
