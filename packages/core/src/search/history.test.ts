import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChannelHistory, extendHistory, historyGroups, originalWidths } from './history.ts';

describe('extendHistory', () => {
  it('reads a second cut in the numbering the first one left', () => {
    const first = extendHistory({}, [{ root: 'a', channels: 6, removed: [0, 3] }]);
    expect(first).toEqual({ a: { channels: 6, kept: [1, 2, 4, 5] } });
    const second = extendHistory(first, [
      { root: 'a', channels: 4, removed: [0, 3] },
      { root: 'b', channels: 2, removed: [1] },
    ]);
    expect(second).toEqual({ a: { channels: 6, kept: [2, 4] }, b: { channels: 2, kept: [0] } });
    expect(first).toEqual({ a: { channels: 6, kept: [1, 2, 4, 5] } });
  });

  it('takes the entries of one root as one list', () => {
    const halves = [
      { root: 'a', channels: 6, removed: [0, 1] },
      { root: 'a', channels: 6, removed: [3, 5] },
    ];
    expect(extendHistory({}, halves)).toEqual({ a: { channels: 6, kept: [2, 4] } });
  });

  it('agrees with cutting the channels themselves, cut after cut', () => {
    const cuts = fc.array(
      fc.record({
        root: fc.constantFrom('a', 'b'),
        gone: fc.array(fc.nat(19), { minLength: 1, maxLength: 4 }),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(cuts, (drawn) => {
        const layers: Record<string, readonly number[]> = {};
        let history: ChannelHistory = {};
        for (const { root, gone } of drawn) {
          const now = layers[root] ?? Array.from({ length: 20 }, (_, channel) => channel);
          const removed = [...new Set(gone.map((at) => at % now.length))].sort((x, y) => x - y);
          history = extendHistory(history, [{ root, channels: now.length, removed }]);
          layers[root] = now.filter((_, at) => !removed.includes(at));
          if (layers[root].length === 0) break;
        }
        expect(Object.fromEntries(Object.entries(history).map(([root, { kept }]) => [root, kept]))).toEqual(
          layers,
        );
        for (const { root, channels, removed } of historyGroups(history)) {
          expect(channels).toBe(20);
          expect([...removed, ...layers[root]!].sort((x, y) => x - y)).toEqual([...Array(20).keys()]);
        }
      }),
    );
  });
});

it('historyGroups is the one cut of the original that a run of cuts amounts to', () => {
  expect(historyGroups({ a: { channels: 5, kept: [1, 4] } })).toEqual([
    { root: 'a', channels: 5, removed: [0, 2, 3] },
  ]);
  expect(historyGroups({})).toEqual([]);
  expect(originalWidths({ a: { channels: 5, kept: [1, 4] } })).toEqual({ a: 5 });
});
