import { describe, expect, it } from 'vitest';
import { channelStatistics } from './channel-statistics.ts';

const value = [
  { type: 'float32', dims: [1, 2, 2], data: Float32Array.of(1, 3, 10, 10) },
  { type: 'float32', dims: [1, 2, 2], data: Float32Array.of(5, 7, 10, 14) },
] as const;

describe('channelStatistics', () => {
  it('takes all batches and positions of a channel together', () => {
    const { mean, variance } = channelStatistics(value, 1);
    expect([[...mean], [...variance]]).toEqual([
      [4, 11],
      [5, 3],
    ]);
  });

  it('takes chosen channels, and any axis', () => {
    expect([...channelStatistics(value, 1, Int32Array.of(1)).mean]).toEqual([11]);
    expect([...channelStatistics(value, 2).mean]).toEqual([6.5, 8.5]);
  });

  it('keeps small spreads beside a large mean', () => {
    const data = Float32Array.of(4096, 4096.5, 4096, 4096.5);
    expect([...channelStatistics([{ type: 'float32', dims: [1, 1, 4], data }], 1).variance]).toEqual([
      0.0625,
    ]);
  });
});
