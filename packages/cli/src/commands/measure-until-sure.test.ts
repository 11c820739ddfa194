import { expect, it } from 'vitest';
import type { LatencyField } from '../documents/latency-field.ts';
import { repeatUntilSure } from './measure-until-sure.ts';

function latencyOf(low: number, high: number): LatencyField {
  const model = (value: number, interval: [number, number]) => ({
    ...{ name: 'a', iterations: 9, meanMs: 1, p90Ms: 1, p95Ms: 1, p99Ms: 1 },
    medianMs: { value: 1, interval: [1, 1] as [number, number] },
    speedup: { value, interval },
  });
  return { provider: 'cpu', models: [model(1, [1, 1]), model((low + high) / 2, [low, high])], warnings: [] };
}

/** Answers with these intervals one after the other, and tells how long each was to take. */
async function repeat(intervals: readonly (readonly [number, number])[], most?: number) {
  const lengths: number[] = [];
  const latency = await repeatUntilSure(async (length) => {
    lengths.push(length);
    return latencyOf(...intervals[lengths.length - 1]!);
  }, most);
  return { lengths, interval: latency.models.at(-1)!.speedup.interval };
}

it('is content with a first measurement that decides, either way', async () => {
  expect(await repeat([[1.01, 1.2]])).toEqual({ lengths: [1], interval: [1.01, 1.2] });
  expect(await repeat([[0.8, 0.9]])).toEqual({ lengths: [1], interval: [0.8, 0.9] });
});

it('measures longer until it is decided, and no more than three times', async () => {
  const wide = [0.9, 1.2] as const;
  expect(await repeat([wide, [1.02, 1.1]])).toEqual({ lengths: [1, 2], interval: [1.02, 1.1] });
  expect(await repeat([wide, wide, [0.99, 1.1]])).toEqual({ lengths: [1, 2, 4], interval: [0.99, 1.1] });
  expect(
    await repeat([
      [Number.NaN, Number.NaN],
      [1, 1],
    ]),
  ).toMatchObject({ lengths: [1, 2] });
});

it('measures once where nothing depends on it', async () => {
  expect(await repeat([[0.9, 1.2]], 1)).toEqual({ lengths: [1], interval: [0.9, 1.2] });
});
