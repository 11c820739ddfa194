import { beforeEach, expect, it } from 'vitest';
import { type Memory, recallIdentity, recallToken, rememberIdentity } from './pairing-memory.ts';

let memory: Memory;
beforeEach(() => {
  const kept = new Map<string, string>();
  memory = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
});

it('takes the token of the address, and remembers it where the address has none', () => {
  expect(recallToken('', memory)).toBeUndefined();
  expect(recallToken('#%', memory)).toBeUndefined();
  expect(recallToken('#k7qf-2m9x', memory)).toBe('k7qf-2m9x');
  expect(recallToken('', memory)).toBe('k7qf-2m9x');
  expect(recallToken('#other', memory)).toBe('other');
});

it('is the same device only where it was paired', () => {
  const identity = { id: 'i', key: 'k' };
  expect(recallIdentity('token', memory)).toBeUndefined();
  rememberIdentity('token', identity, memory);
  expect(recallIdentity('token', memory)).toEqual(identity);
  expect(recallIdentity('other', memory)).toBeUndefined();
  memory.setItem('espalier.identity', 'no json');
  expect(recallIdentity('token', memory)).toBeUndefined();
});
