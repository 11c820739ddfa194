// Which groups are cut together in one iteration, and how far, by the scores of Iterative Filter Pruning for Concatenation-based CNNs (2024).
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
  readonly measure: 'params' | 'macs';
  readonly score: number;
}

/** How groups are picked. */
export interface SelectionOptions {
  /** Weight of the metric against what is saved: its power in the score. */
  readonly exponent: number;
  /** How many groups are picked for the parameters they save, and how many for the multiply-accumulates. Default 6 and 5, as in the paper. */
  readonly counts?: { readonly params: number; readonly macs: number };
}

const PAPER_COUNTS = { params: 6, macs: 5 } as const;

/** The paper's exponents for YOLOv7, by iteration. */
const EXPONENTS: readonly number[] = [20, 19, 18, 18, 18, 18, 17, 17, 16, 16, 15, 15, 14, 14];

/** The exponent of an iteration, counted from 0: falls as the cuts go on, and stays at its last value. */
export function exponentAt(iteration: number, exponents: readonly number[] = EXPONENTS): number {
  return exponents[Math.min(iteration, exponents.length - 1)]!;
}

/**
 * Picks groups by (P − P_lr)·m^a, then by (F − F_lr)·m^a, each at its best rate; no group twice. A group that nothing is gained from, or whose
 * metric is gone, is not picked. Equal scores are picked in the order of the graph.
 */
export function selectGroups(
  { baseline, groups, higherIsBetter }: Sensitivity,
  { exponent, counts = PAPER_COUNTS }: SelectionOptions,
): readonly Pick[] {
  const best = qualityOf(baseline.value, higherIsBetter);
  const picks: Pick[] = [];
  for (const measure of ['params', 'macs'] as const) {
    const ranked = groups
      .flatMap((group) => {
        const scored = group.points.map((point): Pick => {
          const saved = (baseline[measure] - point[measure]) / baseline[measure];
          const kept = qualityOf(point.value, higherIsBetter) / best;
          return { group, point, measure, score: saved * kept ** exponent };
        });
        return scored
          .filter(({ score }) => score > 0)
          .sort((a, b) => b.score - a.score)
          .slice(0, 1);
      })
      .sort((a, b) => b.score - a.score);
    const taken = new Set(picks.map(({ group }) => groupName(group)));
    const free = ranked.filter(({ group }) => !taken.has(groupName(group)));
    picks.push(...free.slice(0, counts[measure]));
  }
  return picks;
}
