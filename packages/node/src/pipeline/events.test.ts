import { expect, it } from 'vitest';
import { follow } from './events.ts';

it('hands on every event and returns the result', async () => {
  async function* work(): AsyncGenerator<string, number> {
    yield 'one';
    yield 'two';
    return 3;
  }
  const heard: string[] = [];
  expect(await follow(work(), (event) => heard.push(event))).toBe(3);
  expect(heard).toEqual(['one', 'two']);
  expect(await follow(work())).toBe(3);
});
