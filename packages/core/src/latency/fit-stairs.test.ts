import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { climb, coarserStairs, FLAT, fitStairs, type WidthTime } from './fit-stairs.ts';
import type { Stairs } from './latency-table.ts';
import { STAIR_WIDTHS } from './stair-probes.ts';

/** Times on a device with these stairs, each off by about `noise`. */
function timesOn({ step, unit, penalty }: Stairs, noise: number, seed: number): readonly WidthTime[] {
  const random = createRandom(seed);
  return STAIR_WIDTHS.map((width) => {
    const ms = (0.05 + 0.004 * Math.ceil(width / step) * step) * (width % unit === 0 ? 1 : penalty);
    return { width, ms: ms * (1 + noise * random.normal()) };
  });
}

describe('fitStairs', () => {
  it.each([
    { step: 16, unit: 1, penalty: 1 },
    { step: 8, unit: 1, penalty: 1 },
    { step: 16, unit: 4, penalty: 1.3 },
    { step: 16, unit: 16, penalty: 1.2 },
    { step: 8, unit: 2, penalty: 1.5 },
  ])('finds $step, $unit and $penalty through noise', (stairs) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const found = fitStairs(timesOn(stairs, 0.01, seed));
      expect(found).toMatchObject({ step: stairs.step, unit: stairs.unit });
      expect(Math.abs(found.penalty - stairs.penalty)).toBeLessThan(0.03);
    }
    expect(fitStairs(timesOn(stairs, 0, 1)).penalty).toBeCloseTo(stairs.penalty, 6);
  });

  it('finds no steps in a line, exact or noisy', () => {
    for (const noise of [0, 0.01, 0.05]) {
      for (let seed = 0; seed < 20; seed++)
        expect(fitStairs(timesOn(FLAT, noise, seed)), `noise ${noise}, seed ${seed}`).toEqual(FLAT);
    }
  });
});

it('climbs to the next edge, with the penalty off the unit', () => {
  const stairs = { step: 16, unit: 4, penalty: 1.5 };
  expect([16, 17, 20, 33].map((width) => climb(stairs, width))).toEqual([
    { width: 16, factor: 1 },
    { width: 32, factor: 1.5 },
    { width: 32, factor: 1 },
    { width: 48, factor: 1.5 },
  ]);
  expect([3, 4, 5, 8, 9].map((width) => climb(stairs, width).width)).toEqual([4, 4, 8, 8, 16]);
  expect(climb(FLAT, 7)).toEqual({ width: 7, factor: 1 });
});

it('takes the coarser side, that of the outputs where both are alike', () => {
  const fine = { step: 8, unit: 1, penalty: 1 };
  const coarse = { step: 16, unit: 4, penalty: 1.1 };
  expect(coarserStairs({ inputs: coarse, outputs: fine })).toBe(coarse);
  expect(coarserStairs({ inputs: fine, outputs: coarse })).toBe(coarse);
  const outputs = { ...coarse };
  expect(coarserStairs({ inputs: coarse, outputs })).toBe(outputs);
});
