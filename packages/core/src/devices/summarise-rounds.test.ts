import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import {
  appendRounds,
  findUnsteady,
  poolSessions,
  summariseRounds,
  uncertaintyOf,
} from './summarise-rounds.ts';

describe('summariseRounds', () => {
  it('pairs the rounds, so that what slows all models leaves their ratio alone', () => {
    // The machine is slower from round to round; the second model always takes half as long.
    const rounds = Array.from({ length: 12 }, (_, round) => [10 + round, 11 + round, 12 + round]);
    const [first, second] = summariseRounds(
      [
        { name: 'a', loadMs: 4, firstRunMs: 30, rounds },
        { name: 'b', rounds: rounds.map((slice) => slice.map((ms) => ms / 2)) },
      ],
      createRandom(1),
    );
    expect(first).toMatchObject({
      name: 'a',
      loadMs: 4,
      firstRunMs: 30,
      iterations: 36,
      meanMs: 16.5,
      medianMs: { value: 16.5 },
      speedup: { value: 1, interval: [1, 1] },
    });
    expect(first!.medianMs.interval[0]).toBeLessThan(16.5);
    expect(first!.medianMs.interval[1]).toBeGreaterThan(16.5);
    expect(second).toMatchObject({ medianMs: { value: 8.25 }, speedup: { value: 2, interval: [2, 2] } });
    expect(second).not.toHaveProperty('loadMs');
  });

  it('counts a round once, however many runs fit into it', () => {
    const [model] = summariseRounds(
      [{ name: 'a', rounds: [[1, 1, 1, 1, 1, 1, 1], [3], [5]] }],
      createRandom(1),
    );
    expect(model!.medianMs.value).toBe(3);
  });
});

it('findUnsteady names the models whose median is not known', () => {
  const steady = Array.from({ length: 20 }, (_, i) => [10 + (i % 2) / 10]);
  const wild = Array.from({ length: 20 }, (_, i) => [i % 2 === 0 ? 5 : 15]);
  const models = summariseRounds(
    [
      { name: 'steady', rounds: steady },
      { name: 'wild', rounds: wild },
    ],
    createRandom(1),
  );
  expect(findUnsteady(models)).toEqual([
    expect.stringMatching(/^The times of 'wild' scatter: its median is known to no better than ±\d+ %\.$/),
  ]);
});

it('uncertaintyOf is half of the interval, as a share of the value', () => {
  expect(uncertaintyOf({ value: 2, interval: [1.9, 2.3] })).toBeCloseTo(0.1, 12);
});

it('pools sessions that go by one name, round by round', () => {
  const times = [
    { name: 'a', loadMs: 1, firstRunMs: 2, rounds: [[1, 2], [3]] },
    { name: 'b', rounds: [[9], [9]] },
    { name: 'a', loadMs: 5, firstRunMs: 6, rounds: [[4], [5, 6]] },
  ];
  expect(poolSessions(times)).toEqual([
    {
      name: 'a',
      loadMs: 1,
      firstRunMs: 2,
      rounds: [
        [1, 2, 4],
        [3, 5, 6],
      ],
    },
    { name: 'b', rounds: [[9], [9]] },
  ]);
});

it('appends what was measured again as further rounds', () => {
  const times = [
    { name: 'a', loadMs: 1, rounds: [[1], [2]] },
    { name: 'b', rounds: [[3], [4]] },
  ];
  const again = [
    { name: 'a', loadMs: 9, rounds: [[5]] },
    { name: 'b', rounds: [[6]] },
  ];
  expect(appendRounds(times, again)).toEqual([
    { name: 'a', loadMs: 1, rounds: [[1], [2], [5]] },
    { name: 'b', rounds: [[3], [4], [6]] },
  ]);
});
