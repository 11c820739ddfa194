import { describe, expect, it } from 'vitest';
import type { ValueType } from '../engine/engine.ts';
import { createRandom } from '../random.ts';
import { randomFeeds } from '../trace/feeds.ts';
import { declaredFeeds } from './declared-feeds.ts';

const inputs: readonly ValueType[] = [
  { name: 'image', type: 'float32', dims: [1, 3, 4, 4] },
  { name: 'count', type: 'int64', dims: [2] },
];

describe('declaredFeeds', () => {
  it('draws what a trace at the same size would draw from the same seed', () => {
    const size = { image: [1, 3, 4, 4], count: [2] };
    const types = new Map(inputs.map(({ name, type }) => [name, type] as const));
    expect(declaredFeeds(inputs, undefined, 7)).toEqual(randomFeeds(size, types, createRandom(7)));
    expect(declaredFeeds(inputs, size, 7)).toEqual(declaredFeeds(inputs, undefined, 7));
    expect(declaredFeeds(inputs, undefined, 8)).not.toEqual(declaredFeeds(inputs, undefined, 7));
  });

  it('takes open dims from the size, and refuses to guess them', () => {
    const open: readonly ValueType[] = [{ name: 'image', type: 'float16', dims: ['N', 3, null, 4] }];
    expect(declaredFeeds(open, { image: [2, 3, 5, 4] }, 0).image).toMatchObject({
      type: 'float16',
      dims: [2, 3, 5, 4],
    });
    expect(() => declaredFeeds(open, undefined, 0)).toThrow("'image' has the open size [N, 3, ?, 4]");
  });
});
