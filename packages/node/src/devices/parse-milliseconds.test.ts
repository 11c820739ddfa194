import { describe, expect, it } from 'vitest';
import { parseMilliseconds } from './parse-milliseconds.ts';

describe('parseMilliseconds', () => {
  it.each([
    ['mean 4.25 ms', 4.25],
    ['warm-up 9 ms\nmedian: 3.5ms\n', 3.5],
    ['time=1.2e1ms', 12],
    ['12.5\n', 12.5],
    ['loading\n  7.25  \r\ndone\n', 7.25],
    ['took 3 ms\n5\n', 3],
  ])('%j: %d', (text, ms) => {
    expect(parseMilliseconds(text)).toBe(ms);
  });

  it.each(['', 'no number', '3 runs', 'x86 ms', '12 msec', '0 ms', '-4 ms', 'inf', 'version 1.2.3ms'])(
    'finds no time in %j',
    (text) => {
      expect(parseMilliseconds(text)).toBeUndefined();
    },
  );

  it('reads what a pattern says, of several matches the last', () => {
    const trtexec =
      'H2D: median = 0.5 ms\nGPU Compute Time: min = 1.1 ms, median = 1.29 ms, percentile(99%) = 1.4 ms';
    expect(parseMilliseconds(trtexec)).toBe(1.4);
    expect(parseMilliseconds(trtexec, /GPU Compute.* median = ([\d.]+)/)).toBe(1.29);
    expect(parseMilliseconds(trtexec, /median = ([\d.]+)/g)).toBe(1.29);
    expect(parseMilliseconds(trtexec, /latency = (\d+)/)).toBeUndefined();
    expect(parseMilliseconds('median = fast', /median = (\w+)/)).toBeUndefined();
  });
});
