import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponentAt, selectGroups } from './select-groups.ts';
import { type GroupSensitivity, groupName, type Sensitivity, type SensitivityPoint } from './sensitivity.ts';

const baseline = { value: 0.8, macs: 1000, params: 100 };

function point(rate: number, value: number, macs: number, params: number): SensitivityPoint {
  return { rate, removed: 1, macs, params, value, drop: 0.8 - value, interval: null, samples: 100 };
}

function group(root: string, ...points: readonly SensitivityPoint[]): GroupSensitivity {
  return { root, part: 0, channels: 8, points, age: 0 };
}

function analysis(groups: readonly GroupSensitivity[], higherIsBetter = true): Sensitivity {
  return { metric: 'top1', higherIsBetter, baseline, samples: 100, groups };
}

const names = (picks: ReturnType<typeof selectGroups>): readonly string[] =>
  picks.map(({ group: { root }, point: { rate }, measure }) => `${root} ${rate} ${measure}`);

/** Saves many parameters, many multiply-accumulates, or a little of both. */
const heavy = group('heavy', point(0.25, 0.8, 990, 80), point(0.5, 0.4, 980, 60));
const busy = group('busy', point(0.25, 0.76, 700, 99), point(0.5, 0.72, 400, 98));
const both = group('both', point(0.5, 0.8, 950, 95));

describe('selectGroups', () => {
  it('scores the share that is saved by a power of the quality that is kept', () => {
    const [pick] = selectGroups(analysis([heavy]), { exponent: 2 });
    // 0.2 · 1 against 0.4 · ½².
    expect(pick).toMatchObject({ measure: 'params', point: { rate: 0.25 } });
    expect(pick!.score).toBeCloseTo(0.2, 12);
    // With the first power both rates are worth the same; below it the deeper cut is.
    expect(selectGroups(analysis([heavy]), { exponent: 0.5 })[0]).toMatchObject({ point: { rate: 0.5 } });
  });

  it('picks by parameters, then by multiply-accumulates, and no group twice', () => {
    const counts = { params: 1, macs: 2 };
    expect(names(selectGroups(analysis([both, heavy, busy]), { exponent: 2, counts }))).toEqual([
      'heavy 0.25 params',
      'busy 0.5 macs',
      'both 0.5 macs',
    ]);
  });

  it('takes six and five unless told otherwise', () => {
    const many = Array.from({ length: 20 }, (_, i) => group(`g${i}`, point(0.5, 0.8, 900, 90)));
    const picks = selectGroups(analysis(many), { exponent: 1 });
    // All are alike, so the order is the graph's.
    expect(picks.map(({ group: { root } }) => root)).toEqual(many.slice(0, 11).map(({ root }) => root));
    expect(picks.map(({ measure }) => measure)).toEqual([
      ...Array<string>(6).fill('params'),
      ...Array<string>(5).fill('macs'),
    ]);
  });

  it('picks by measured time, each group against the uncut model it was measured beside', () => {
    const timed = (root: string, uncut: number, milliseconds: number, millisecondsAtMost = milliseconds) => ({
      ...group(root, { ...point(0.5, 0.8, 500, 50), milliseconds, millisecondsAtMost }),
      uncutMilliseconds: uncut,
    });
    const groups = [timed('slower', 10, 11), timed('tenth', 20, 18), timed('fifth', 5, 4), heavy];
    const picks = selectGroups(analysis(groups), { exponent: 2, measures: ['latency'] });
    expect(names(picks)).toEqual(['fifth 0.5 latency', 'tenth 0.5 latency']);
    expect(picks[0]!.score).toBeCloseTo(0.2, 12);
    const many = Array.from({ length: 20 }, (_, i) => timed(`g${i}`, 10, 9));
    expect(selectGroups(analysis(many), { exponent: 1, measures: ['latency'] })).toHaveLength(11);
    const mixed = selectGroups(analysis(groups), {
      exponent: 2,
      measures: ['latency', 'params'],
      counts: { params: 1 },
    });
    expect(mixed.map(({ measure }) => measure)).toEqual(['params', 'latency', 'latency']);
    // What is sure counts, and what was measured where nothing is.
    const [doubtful, unsure] = [timed('doubtful', 10, 5, 9), timed('unsure', 10, 6, 11)];
    const byTime = { exponent: 2, measures: ['latency'] } as const;
    expect(names(selectGroups(analysis([doubtful, unsure, ...groups]), byTime))).toEqual([
      'fifth 0.5 latency',
      'doubtful 0.5 latency',
      'tenth 0.5 latency',
    ]);
    expect(names(selectGroups(analysis([unsure]), byTime))).toEqual(['unsure 0.5 latency']);
  });

  it('leaves alone what saves nothing and what ruins the model', () => {
    const idle = group('idle', point(0.5, 0.8, 1000, 100));
    const ruined = group('ruined', point(0.5, 0, 100, 10));
    expect(selectGroups(analysis([idle, ruined, group('unprobed')]), { exponent: 2 })).toEqual([]);
  });

  it('prefers the smaller error where less is better', () => {
    const near = group('near', point(0.5, 0.9, 900, 90));
    const far = group('far', point(0.5, 2, 900, 90));
    const picks = selectGroups(analysis([far, near], false), { exponent: 3, counts: { params: 1, macs: 0 } });
    expect(names(picks)).toEqual(['near 0.5 params']);
    expect(picks[0]!.score).toBeCloseTo(0.1 * (1.8 / 1.9) ** 3, 12);
  });

  it('always picks the same, each group once, best first', () => {
    const drawnPoint = fc
      .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1100), fc.nat(110))
      .map(([value, macs, params]) => point(0.5, value, macs, params));
    const drawnGroups = fc.array(fc.array(drawnPoint, { maxLength: 3 }), { maxLength: 25 });
    fc.assert(
      fc.property(drawnGroups, fc.integer({ min: 1, max: 20 }), (drawn, exponent) => {
        // Two groups of each root: it takes root and part to tell groups apart.
        const groups = drawn.map((points, i) => ({
          ...group(`g${i >> 1}`, ...points),
          part: i & 1,
        }));
        const picks = selectGroups(analysis(groups), { exponent });
        expect(selectGroups(analysis(groups), { exponent })).toEqual(picks);
        expect(new Set(picks.map((pick) => groupName(pick.group))).size).toBe(picks.length);
        for (const [measure, count] of [
          ['params', 6],
          ['macs', 5],
        ] as const) {
          const scores = picks.filter((pick) => pick.measure === measure).map(({ score }) => score);
          expect(scores.length).toBeLessThanOrEqual(count);
          expect(scores.every((score) => score > 0)).toBe(true);
          expect(scores).toEqual([...scores].sort((a, b) => b - a));
        }
      }),
    );
  });
});

it('exponentAt falls from 20 to 14 and stays there', () => {
  expect([0, 1, 2, 5, 6, 13, 14, 500].map((iteration) => exponentAt(iteration))).toEqual([
    20, 19, 18, 18, 17, 14, 14, 14,
  ]);
  expect([0, 1, 2].map((iteration) => exponentAt(iteration, [4, 2]))).toEqual([4, 2, 2]);
});
