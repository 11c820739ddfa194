import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../random.ts';
import { fitNonNegative } from './non-negative-fit.ts';

type Rows = readonly (readonly number[])[];

function applyTo(rows: Rows, x: readonly number[]): readonly number[] {
  return rows.map((row) => row.reduce((sum, value, t) => sum + value * x[t]!, 0));
}

/** What the fit makes small. */
function errorOf(rows: Rows, targets: readonly number[], x: readonly number[]): number {
  return applyTo(rows, x).reduce((sum, value, r) => sum + (value / targets[r]! - 1) ** 2, 0);
}

/** Rows of terms as a latency model has them: sizes of very different scale and a one. */
function drawRows(random: Random, count: number): Rows {
  return Array.from({ length: count }, () => [
    1 + random.next(),
    1e3 * random.next(),
    1e-3 * random.next(),
    1,
  ]);
}

/** Least error over a fine search around a point, within the non-negative. */
function searchAround(rows: Rows, targets: readonly number[], x: readonly number[]): number {
  const scales = rows[0]!.map((_, t) => 1 / Math.max(...rows.map((row) => row[t]!)));
  let best = errorOf(rows, targets, x);
  let at = x;
  for (let size = 1; size > 1e-9; size /= 2) {
    for (let moved = true; moved; ) {
      moved = false;
      for (const [t, scale] of scales.entries()) {
        for (const sign of [1, -1]) {
          const next = at.with(t, Math.max(0, at[t]! + sign * size * scale));
          const error = errorOf(rows, targets, next);
          if (error >= best * (1 - 1e-12)) continue;
          [best, at, moved] = [error, next, true];
        }
      }
    }
  }
  return best;
}

describe('fitNonNegative', () => {
  it('recovers prices that are there, whatever their scale', () => {
    const random = createRandom(3);
    const rows = drawRows(random, 12);
    for (const prices of [
      [2, 0.003, 700, 0.5],
      [1, 0, 0, 0],
      [0, 0.01, 0, 4],
    ]) {
      const found = fitNonNegative(rows, applyTo(rows, prices));
      for (const [t, price] of prices.entries()) expect(found[t]).toBeCloseTo(price, 3);
    }
  });

  it('leaves out a term that would have to be negative, and fits the others again', () => {
    const rows = [
      [1, 1],
      [1, 2],
      [1, 3],
    ];
    const [base, slope] = fitNonNegative(rows, [3, 2, 1]);
    expect(slope).toBe(0);
    // The least squares of relative errors: Σ 1/t over Σ 1/t².
    expect(base).toBeCloseTo((1 / 3 + 1 / 2 + 1) / (1 / 9 + 1 / 4 + 1), 6);
  });

  it('cannot be bettered by moving any coefficient', () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = createRandom(seed);
      const rows = drawRows(random, 8);
      const targets = rows.map(() => 0.5 + random.next());
      const found = fitNonNegative(rows, targets);
      expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
      const error = errorOf(rows, targets, found);
      expect(error, `seed ${seed}`).toBeLessThanOrEqual(searchAround(rows, targets, found) * 1.0001);
    }
  });

  it('divides a price between terms that are the same, and has none without terms', () => {
    const [a, b] = fitNonNegative(
      [
        [1, 1],
        [2, 2],
      ],
      [4, 8],
    );
    expect(a! + b!).toBeCloseTo(4, 6);
    expect(fitNonNegative([[], []], [1, 2])).toEqual([]);
  });
});
