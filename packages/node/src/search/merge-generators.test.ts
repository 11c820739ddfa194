import { expect, it } from 'vitest';
import { mergeGenerators } from './merge-generators.ts';

const ended: string[] = [];
/** Yields name1, name2, … each after so many turns of the event loop. */
async function* counter(name: string, count: number, turns: number): AsyncGenerator<string> {
  try {
    for (let i = 1; i <= count; i++) {
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      yield `${name}${i}`;
    }
  } finally {
    ended.push(name);
  }
}

async function collect(merged: AsyncGenerator<string>, most = Infinity): Promise<string[]> {
  const values: string[] = [];
  for await (const value of merged) if (values.push(value) >= most) break;
  return values;
}

it('yields what comes first first, and all of it', async () => {
  const values = await collect(mergeGenerators([counter('slow', 2, 40), counter('quick', 3, 1)]));
  expect(values).toEqual(['quick1', 'quick2', 'quick3', 'slow1', 'slow2']);
});

it('is done at once without generators', async () => {
  expect(await collect(mergeGenerators([]))).toEqual([]);
});

it('ends the others when nobody wants more', async () => {
  ended.length = 0;
  await collect(mergeGenerators([counter('a', 5, 1), counter('b', 5, 2)]), 3);
  expect(ended.toSorted()).toEqual(['a', 'b']);
});

it('ends the others when one fails', async () => {
  ended.length = 0;
  async function* failing(): AsyncGenerator<string> {
    yield Promise.reject(new Error('no more'));
  }
  await expect(collect(mergeGenerators([counter('a', 50, 3), failing()]))).rejects.toThrow('no more');
  expect(ended).toEqual(['a']);
});
