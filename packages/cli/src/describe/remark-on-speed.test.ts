import { expect, it } from 'vitest';
import { type MeasuredCut, remarkOnSpeed } from './remark-on-speed.ts';

function cut(speedup: number, rest: Partial<MeasuredCut> = {}, spread = 1.05): MeasuredCut {
  const estimate = (value: number) => ({
    value,
    interval: [value / spread, value * spread] as [number, number],
  });
  const times = { iterations: 9, loadMs: 1, firstRunMs: 1, meanMs: 1, p90Ms: 1, p95Ms: 1, p99Ms: 1 };
  const model = (name: string, faster: number) => ({
    ...{ name, ...times, medianMs: estimate(3 / faster), speedup: estimate(faster) },
  });
  return {
    macs: 0.5,
    latency: { provider: 'cpu', models: [model('original', 1), model('pruned', speedup)], warnings: [] },
    layers: [{ channels: 256 }, { channels: 64 }, { channels: 16 }],
    roundTo: 1,
    ...rest,
  };
}

it('says nothing where nothing was measured, or the speed is as promised', () => {
  expect(remarkOnSpeed(cut(1.8))).toEqual({ remarks: [] });
  expect(remarkOnSpeed(cut(1, { latency: undefined }))).toEqual({ remarks: [] });
});

it('proposes the block that suits the median layer, unless widths are multiples of it', () => {
  const short = '1.10x as fast is far below the 2.00x that the MACs promise';
  const advice = (block: number) =>
    `${short}: kernels work on blocks of channels, and widths in multiples of ${block} (--round-to ${block}) fill them.`;
  expect(remarkOnSpeed(cut(1.1))).toEqual({ remarks: [advice(16)], block: 16 });
  expect(remarkOnSpeed(cut(1.1, { layers: [{ channels: 32 }], roundTo: 4 }))).toEqual({
    remarks: [advice(8)],
    block: 8,
  });
  for (const rest of [{ roundTo: 32 }, { roundTo: undefined }, { layers: [] }]) {
    expect(remarkOnSpeed(cut(1.1, rest))).toEqual({ remarks: [`${short}.`] });
  }
});

it('believes no disturbed measurement', () => {
  expect(remarkOnSpeed(cut(1, {}, 7)).remarks).toEqual([
    'The measurement was too disturbed to tell the speed-up (0.14x to 7.00x): measure again with `espalier bench` when nothing else runs.',
  ]);
});
