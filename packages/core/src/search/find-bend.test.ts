import { expect, it } from 'vitest';
import { findBend } from './find-bend.ts';
import type { SensitivityPoint } from './sensitivity.ts';

const point = (rate: number, drop: number, reach: number | null = 0.01): SensitivityPoint => ({
  ...{ rate, removed: 1, macs: 1, params: 1, value: 0.9 - drop, drop, samples: 100 },
  interval: reach === null ? null : [drop - reach, drop + reach],
});

it.each<[string, readonly SensitivityPoint[], number | undefined]>([
  ['a flat curve has none', [point(0.25, 0), point(0.5, 0.01), point(0.75, 0.02)], undefined],
  ['it lies where the drop sets in', [point(0.25, 0.01), point(0.5, 0.02), point(0.75, 0.3)], 0.625],
  ['it may lie before the first rate', [point(0.25, 0.2), point(0.5, 0.21), point(0.75, 0.8)], 0.125],
  ['only the first counts', [point(0.25, 0), point(0.5, 0.1), point(0.75, 0.9)], 0.375],
  [
    'a rise within its uncertainty is none',
    [point(0.25, 0, 0.03), point(0.5, 0.04, 0.03), point(0.75, 0.05)],
    undefined,
  ],
  ['nor is one of unknown uncertainty', [point(0.25, 0), point(0.5, 0.4, null)], undefined],
  ['nor a fall', [point(0.25, 0), point(0.5, -0.4)], undefined],
  ['no points, no bend', [], undefined],
])('%s', (_, points, bend) => {
  expect(findBend(points, 0.03)).toBe(bend);
});

it('asks for more than the least rise', () => {
  expect(findBend([point(0.5, 0.03)], 0.03)).toBeUndefined();
  expect(findBend([point(0.5, 0.031)], 0.03)).toBe(0.25);
});
