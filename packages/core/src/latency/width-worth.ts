// What the widths of a group are worth, as a choice of widths for a latency adds it up: by scores, or by what a sensitivity analysis saw.
import type { CostModel } from '../cost/cost.ts';
import type { Coupling, Group } from '../coupling/coupling.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import type { Limiter } from '../plan/limits.ts';
import { cutGroups, listPrunableGroups, type PrunableGroup } from '../search/group-cuts.ts';
import { type GroupSensitivity, groupName, type Sensitivity } from '../search/sensitivity.ts';

/** What a group is worth when a share of its channels is gone; falls with the rate. Only differences count, and they add up over groups. */
export type WidthWorth = (group: PrunableGroup, rate: number) => number;

/** The parts of an analysis that tell what a cut leaves. */
export interface CostedModel {
  readonly traced: TracedModel;
  readonly coupling: Coupling;
  readonly cost: CostModel;
}

/** How much the logarithm of the operations that are kept counts, for every group, beside that of its importance. */
const OPERATIONS_COUNT = 5;
/** Where hardly an operation is left, their logarithm ends. */
const LEAST_SHARE = 1e-6;

/**
 * What is kept of importance and of work, as logarithms: of the share of the group's own importance, so that halving what a group knows costs the same in
 * every group and none is emptied because its scores are small; and of the share of the model's multiply-accumulates when this group alone is cut, because of
 * two plans that take as long the one that computes more knows more. A group that goes altogether counts as if half a channel were left, and so does every
 * group that goes with it. Scores must not be negative.
 */
export function worthByScores(
  { traced, coupling, cost }: CostedModel,
  scores: Float64Array,
  limiter: Limiter,
): WidthWorth {
  const operationsCount = OPERATIONS_COUNT * listPrunableGroups(traced, coupling, limiter).length;
  return (group, rate) => {
    if (rate === 0) return 0;
    const keep = cutGroups(coupling, scores, limiter, new Map([[group.group, rate]]));
    const work = cost.totals(keep).macs / cost.original.macs;
    const branch = rate >= 1 ? limiter.branches.get(group.group) : undefined;
    const importance = (branch?.groups ?? [group.group]).reduce(
      (sum, id) => sum + importanceKept(coupling.groups[id]!, scores, rate),
      0,
    );
    return importance + operationsCount * Math.log(Math.max(work, LEAST_SHARE));
  };
}

/** Logarithm of the share of its importance that a group keeps. */
function importanceKept({ classes }: Group, scores: Float64Array, rate: number): number {
  const ordered = [...classes].map((id) => scores[id]!).sort((a, b) => b - a);
  const sum = (some: readonly number[]): number => some.reduce((total, score) => total + score, 0);
  const kept = sum(ordered.slice(0, Math.round(ordered.length * (1 - rate))));
  return Math.log(Math.max(kept / (sum(ordered) || 1), 0.5 / ordered.length));
}

/**
 * How much of the metric 1 of {@link worthByScores} counts. Drops are measured with noise, of one group at a time and before recovery, and scores know what
 * they do not: with 0.2 MobileNetV2 and ResNet-56 at half their latency kept less after a reconstruction.
 */
const SCORES_COUNT = 0.08;

/**
 * What is left of the metric when this group alone is cut, by its curve. Between its points a curve is straight; it never gets flatter, because it
 * does so only where there is nothing left to lose. A branch that goes altogether loses what was measured of that, as the logarithm of what is left: one without
 * which nothing works is not to be had for a few cheap ones. What scores say counts beside it, and alone for a group without a curve.
 */
export function worthByCurves({ groups, baseline }: Sensitivity, byScores: WidthWorth): WidthWorth {
  const curves = new Map(groups.map((group) => [groupName(group), steepen(group)]));
  const wholeDrops = new Map(
    groups.map((group) => [groupName(group), wholeDrop(group, Math.abs(baseline.value))]),
  );
  const unit = SCORES_COUNT * Math.abs(baseline.value);
  return (group, rate) => {
    const curve = curves.get(groupName(group)) ?? [];
    const along = curve.reduce(
      (sum, { from, to, slope }) => sum + slope * Math.max(0, Math.min(rate, to) - from),
      0,
    );
    const lost = (rate >= 1 ? wholeDrops.get(groupName(group)) : undefined) ?? along;
    return unit * byScores(group, rate) - lost;
  };
}

/** The least share of the metric that counts as left. */
const LEAST_LEFT = 0.01;

/** What a group that went altogether lost, in units of the metric, and no less than with some of it left; undefined where that was not probed. */
function wholeDrop({ points, channels }: GroupSensitivity, baseline: number): number | undefined {
  const isWhole = points.some(({ removed }) => removed >= channels);
  if (!isWhole || baseline === 0) return undefined;
  const left = 1 - Math.max(0, ...points.map(({ drop }) => drop)) / baseline;
  return -baseline * Math.log(Math.max(left, LEAST_LEFT));
}

/** A straight part of a curve: the drop per share of the channels. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly slope: number;
}

function steepen({ points, channels }: GroupSensitivity): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let [rate, drop, slope] = [0, 0, 0];
  for (const point of points) {
    const share = point.removed / channels;
    if (share <= rate) continue;
    slope = Math.max(slope, (point.drop - drop) / (share - rate));
    stretches.push({ from: rate, to: share, slope });
    rate = share;
    drop = Math.max(drop, point.drop);
  }
  return stretches.length === 0 ? [] : [...stretches, { from: rate, to: 1, slope }];
}
