// Which groups are cut together in one iteration, and how far, by the scores of Iterative Filter Pruning for Concatenation-based CNNs (2024).
import { SCORE_MEASURES, type ScoreMeasure } from './search-names.ts';
import {
  type GroupSensitivity,
  groupName,
  qualityOf,
  type Sensitivity,
  type SensitivityPoint,
} from './sensitivity.ts';

/** One group to cut and the point of its curve it is cut to. */
export interface Pick {
  readonly group: GroupSensitivity;
  readonly point: SensitivityPoint;
  /** What it was picked for. */
  readonly measure: ScoreMeasure;
  readonly score: number;
}

/** How groups are picked. */
export interface SelectionOptions {
  /** Weight of the metric against what is saved: its power in the score. */
  readonly exponent: number;
  /** What is to be saved; default parameters and multiply-accumulates, as in the paper. Latency needs curves with times. */
  readonly measures?: readonly ScoreMeasure[];
  /** How many groups are picked for each; default 6 for parameters and 5 for multiply-accumulates, as in the paper, and 11 for latency. */
  readonly counts?: Partial<Readonly<Record<ScoreMeasure, number>>>;
}

/** What the paper picks by. */
export const DEFAULT_MEASURES: readonly ScoreMeasure[] = ['params', 'macs'];

const DEFAULT_COUNTS: Readonly<Record<ScoreMeasure, number>> = { params: 6, macs: 5, latency: 11 };

/** The paper's exponents for YOLOv7, by iteration. */
const EXPONENTS: readonly number[] = [20, 19, 18, 18, 18, 18, 17, 17, 16, 16, 15, 15, 14, 14];

/** The exponent of an iteration, counted from 0: falls as the cuts go on, and stays at its last value. */
export function exponentAt(iteration: number, exponents: readonly number[] = EXPONENTS): number {
  return exponents[Math.min(iteration, exponents.length - 1)]!;
}

/**
 * Picks groups by (P − P_lr)·m^a, then by (F − F_lr)·m^a, then by (T − T_lr)·m^a, each at its best rate; no group twice. A group that nothing is gained from, or whose
 * metric is gone, is not picked. Of a saved time that part counts which is sure, unless nothing is. Equal scores are picked in the order of the graph.
 */
export function selectGroups(
  { baseline, groups, higherIsBetter }: Sensitivity,
  { exponent, measures = DEFAULT_MEASURES, counts = {} }: SelectionOptions,
): readonly Pick[] {
  const best = qualityOf(baseline.value, higherIsBetter);
  const rank = (measure: ScoreMeasure, saved: Saving): readonly Pick[] =>
    groups
      .flatMap((group) => {
        const scored = group.points.map((point): Pick => {
          const kept = qualityOf(point.value, higherIsBetter) / best;
          return { group, point, measure, score: saved(point, group) * kept ** exponent };
        });
        return scored
          .filter(({ score }) => score > 0)
          .sort((a, b) => b.score - a.score)
          .slice(0, 1);
      })
      .sort((a, b) => b.score - a.score);
  const picks: Pick[] = [];
  for (const measure of SCORE_MEASURES.filter((name) => measures.includes(name))) {
    const ranked = savingsBy(measure, baseline)
      .map((saved) => rank(measure, saved))
      .find((some) => some.length > 0);
    const taken = new Set(picks.map(({ group }) => groupName(group)));
    const free = (ranked ?? []).filter(({ group }) => !taken.has(groupName(group)));
    picks.push(...free.slice(0, counts[measure] ?? DEFAULT_COUNTS[measure]));
  }
  return picks;
}

/** The share of a measure that a cut saves; not above 0 where that is unknown. */
type Saving = (point: SensitivityPoint, group: GroupSensitivity) => number;

/** What a measure is saved by; of times first what is sure, then, where nothing is, what was measured. */
function savingsBy(measure: ScoreMeasure, baseline: Sensitivity['baseline']): readonly Saving[] {
  if (measure !== 'latency') return [(point) => (baseline[measure] - point[measure]) / baseline[measure]];
  const against =
    (timeOf: (point: SensitivityPoint) => number | undefined): Saving =>
    (point, { uncutMilliseconds: uncut = 1 }) =>
      1 - (timeOf(point) ?? uncut) / uncut;
  return [against((point) => point.millisecondsAtMost), against((point) => point.milliseconds)];
}
