import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sensitivity } from '../search/sensitivity.ts';
import { type WidthWorth, worthByCurves } from './width-worth.ts';

/** A group of 16 channels whose metric drops from 0.8 as the pairs say: channels removed, drop. */
function seen(points: readonly (readonly [removed: number, drop: number])[]): Sensitivity {
  return {
    ...{ metric: 'top1', higherIsBetter: true, baseline: { value: 0.8, macs: 1, params: 1 }, samples: 100 },
    groups: [
      {
        ...{ root: 'conv', part: 0, channels: 16, age: 0 },
        points: points.map(([removed, drop]) => ({
          ...{ rate: removed / 16, removed, macs: 1, params: 1, value: 0.8 - drop, drop },
          ...{ interval: null, samples: 100 },
        })),
      },
    ],
  };
}

const nothing: WidthWorth = () => 0;
const group = { group: 0, root: 'conv', part: 0, channels: 16 };

describe('worthByCurves', () => {
  it('is the drop at the points of the curve, and straight between them', () => {
    const worth = worthByCurves(
      seen([
        [4, 0.05],
        [8, 0.2],
      ]),
      nothing,
    );
    expect([0, 0.125, 0.25, 0.375, 0.5].map((rate) => worth(group, rate))).toEqual([
      0,
      ...[-0.025, -0.05, -0.125, -0.2].map((value) => expect.closeTo(value, 12)),
    ]);
  });

  it('goes on as steep as it was, where nothing is left to lose and beyond the last point', () => {
    const worth = worthByCurves(
      seen([
        [4, 0.4],
        [8, 0.7],
        [12, 0.71],
      ]),
      nothing,
    );
    expect(worth(group, 0.75)).toBeCloseTo(-1.2, 12);
    expect(worth(group, 0.875)).toBeCloseTo(-1.4, 12);
  });

  it('is what was measured without any channels, and no more than with some', () => {
    const worth = (points: Parameters<typeof seen>[0]) => worthByCurves(seen(points), nothing)(group, 1);
    expect(
      worth([
        [4, 0.1],
        [12, 0.4],
        [16, 0.45],
      ]),
    ).toBeCloseTo(-0.45, 12);
    expect(
      worth([
        [4, 0.1],
        [12, 0.4],
        [16, 0.35],
      ]),
    ).toBeCloseTo(-0.4, 12);
    expect(
      worth([
        [4, 0.1],
        [12, 0.4],
      ]),
    ).toBeCloseTo(-0.55, 12);
  });

  it('knows no gain: a cut that made the metric better costs nothing', () => {
    const worth = worthByCurves(
      seen([
        [4, -0.02],
        [8, 0.1],
      ]),
      nothing,
    );
    expect(worth(group, 0.25)).toBeCloseTo(0, 12);
    expect(worth(group, 0.5)).toBeCloseTo(-0.1, 12);
  });

  it('counts channels that went, not those that were asked for', () => {
    const { groups, ...rest } = seen([[4, 0.1]]);
    const held = groups.map((each) => ({
      ...each,
      points: each.points.map((point) => ({ ...point, rate: 0.75 })),
    }));
    expect(worthByCurves({ ...rest, groups: held }, nothing)(group, 0.25)).toBeCloseTo(-0.1, 12);
  });

  it('counts what scores say beside the drop, and alone where there is no curve', () => {
    const byScores: WidthWorth = (_, rate) => Math.log(1 - rate);
    const worth = worthByCurves(seen([[8, 0.1]]), byScores);
    expect(worth(group, 0.5)).toBeCloseTo(0.16 * Math.log(0.5) - 0.1, 12);
    expect(worth({ ...group, root: 'other' }, 0.5)).toBeCloseTo(0.16 * Math.log(0.5), 12);
  });

  it('never rises with the rate, whatever the curve', () => {
    const drops = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(drops, (values) => {
        const worth = worthByCurves(seen(values.map((drop, at) => [4 * at + 2, drop])), nothing);
        const at = Array.from({ length: 17 }, (_, removed) => worth(group, removed / 16));
        const slopes = at.slice(1).map((value, i) => at[i]! - value);
        for (const [i, slope] of slopes.entries())
          expect(slope).toBeGreaterThanOrEqual((slopes[i - 1] ?? 0) - 1e-9);
      }),
    );
  });
});
