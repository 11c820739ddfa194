import { expect, it } from 'vitest';
import { once } from './once.ts';

it('makes a value when it is first asked for, and never again', () => {
  let calls = 0;
  const value = once(() => {
    calls++;
    return undefined;
  });
  expect(calls).toBe(0);
  expect([value(), value()]).toEqual([undefined, undefined]);
  expect(calls).toBe(1);
});
