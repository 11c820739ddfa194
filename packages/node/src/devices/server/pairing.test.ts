import { expect, it } from 'vitest';
import { makeKey, makePairingToken, sameSecret } from './pairing.ts';

it('makes tokens to type and keys to keep, each another one', () => {
  const tokens = Array.from({ length: 50 }, makePairingToken);
  const part = '[0-9a-hjkmnp-tv-z]{4}';
  for (const token of tokens) expect(token).toMatch(new RegExp(`^${part}-${part}-${part}$`));
  const keys = Array.from({ length: 50 }, makeKey);
  for (const key of keys) expect(key).toMatch(/^[\w-]{22}$/);
  expect(new Set([...tokens, ...keys]).size).toBe(100);
});

it('compares whole secrets', () => {
  expect(sameSecret('k7qf', 'k7qf')).toBe(true);
  expect(sameSecret('k7qf', 'k7qg')).toBe(false);
  expect(sameSecret('k7qf', 'k7q')).toBe(false);
  expect(sameSecret('', 'k')).toBe(false);
});
