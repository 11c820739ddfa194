import { expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDifference,
  formatDims,
  formatFactor,
  formatMs,
  formatNumberOf,
  formatPercent,
  formatRoughMs,
  formatScore,
  formatSeconds,
  formatWhole,
} from './units.ts';

it.each([
  [0, '0'],
  [789, '789'],
  [1234, '1.23 k'],
  [999_960, '1.00 M'],
  [45_600_000, '45.6 M'],
  [4_119_000_000, '4.12 G'],
])('counts %d as %s', (count, text) => expect(formatCount(count)).toBe(text));

it.each([
  [12, '12 B'],
  [1_500_000, '1.50 MB'],
])('prints %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

it.each([
  [0.0123, '0.0123 ms'],
  [12.34, '12.3 ms'],
  [1234, '1234 ms'],
])('prints %d milliseconds as %s', (ms, text) => expect(formatMs(ms)).toBe(text));

it.each([
  [0.00042, '0.000 ms'],
  [0.0296, '0.030 ms'],
  [9.96, '10 ms'],
  [123.4, '123 ms'],
])('rounds %d milliseconds to %s', (ms, text) => expect(formatRoughMs(ms)).toBe(text));

it('prints fractions, factors and dims', () => {
  expect(formatPercent(0.6123)).toBe('61.2 %');
  expect(formatWhole(4100)).toBe('4,100');
  expect(formatDifference(-0.00083)).toBe('-0.0008');
  expect(formatFactor(1.716)).toBe('1.72x');
  expect(formatDims([1, 'h', null])).toBe('1xhx?');
  expect(formatDims([])).toBe('scalar');
});

it.each([
  [0.83204, '0.8320'],
  [0, '0.0000'],
  [0.000012, '1.2e-5'],
  [-0.5, '-0.5000'],
  [null, '-'],
  [undefined, '-'],
])('prints the metric %s as %s', (value, text) => expect(formatScore(value)).toBe(text));

it('counts things', () => {
  expect(formatNumberOf(1, 'layer')).toBe('1 layer');
  expect(formatNumberOf(0, 'layer')).toBe('0 layers');
});

it.each([
  [0.4, '0 s'],
  [99, '99 s'],
  [99.6, '2 min'],
  [3540, '59 min'],
  [4800, '1 h 20 min'],
])('prints %d seconds as %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));
