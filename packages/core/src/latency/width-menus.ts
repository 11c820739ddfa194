// The widths each group may take on a device, and what each is worth.
import type { Coupling } from '../coupling/coupling.ts';
import type { PlanLimits } from '../plan/limits.ts';
import type { PrunableGroup } from '../search/group-cuts.ts';
import { halvesOf } from './fit-stairs.ts';
import type { Stairs } from './latency-table.ts';

/** One group's widths, widest first. */
export interface WidthMenu {
  /** Index into `coupling.groups`. */
  readonly group: number;
  /** Share of the group's channels that goes, per level; 0 at level 0. */
  readonly rates: readonly number[];
  /** Value per level, see {@link listWidthMenus}. */
  readonly values: readonly number[];
}

/** What a group is worth when a share of its channels is gone; falls with the rate. Only differences count, and they add up over groups. */
export type WidthWorth = (group: PrunableGroup, rate: number) => number;

/** What menus depend on beside the groups. */
export interface MenuOptions {
  readonly stairs: Stairs;
  readonly maxRatio: number;
  /** Channels that layers had before earlier cuts, see `PlanLimits.widths`. */
  readonly widths?: PlanLimits['widths'];
  /** Default {@link worthByScores}. */
  readonly worth?: WidthWorth;
  /** Whether the halves of the first step are offered too, default false. */
  readonly narrow?: boolean;
}

/** Levels of a group on a device without steps. */
const FINEST = 16;

/** The widths at the edges of a device's steps, at most 16 a group, and with `narrow` the halves of the first step, down to the floor that `maxRatio` leaves. */
export function listWidthMenus(
  coupling: Coupling,
  groups: readonly PrunableGroup[],
  scores: Float64Array,
  { stairs, maxRatio, widths = {}, narrow = false, worth = worthByScores(coupling, scores) }: MenuOptions,
): readonly WidthMenu[] {
  return groups.map((group) => {
    const { channels, root } = group;
    const least = Math.max(1, Math.ceil((widths[root] ?? channels) * (1 - maxRatio) - 1e-9));
    const edges = edgesBelow(channels, stairs, least);
    const offered = narrow ? [...edges, ...halvesBelow(edges, stairs, least)] : edges;
    const rates = offered.map((width) => (channels - width) / channels);
    return { group: group.group, rates, values: rates.map((rate) => worth(group, rate)) };
  });
}

/**
 * The logarithm of the share of a group's importance that is kept: halving what a group knows costs the same in every group, so that no
 * group is emptied because its scores are small. Scores must not be negative.
 */
export function worthByScores({ groups }: Coupling, scores: Float64Array): WidthWorth {
  return ({ group, channels }, rate) => {
    const ordered = [...groups[group]!.classes].map((id) => scores[id]!).sort((a, b) => b - a);
    const sum = (some: readonly number[]): number => some.reduce((total, score) => total + score, 0);
    const kept = sum(ordered.slice(0, Math.round(channels * (1 - rate))));
    return Math.log(Math.max(kept / (sum(ordered) || 1), 1e-9));
  };
}

function edgesBelow(channels: number, { step }: Stairs, least: number): readonly number[] {
  const stride = step * Math.max(1, Math.ceil(channels / step / FINEST));
  const widths = [channels];
  for (let width = Math.ceil(channels / stride - 1) * stride; width >= least; width -= stride)
    widths.push(width);
  return widths;
}

/** Widths within the first step; none where the group is so wide that its menu leaves steps out. */
function halvesBelow(edges: readonly number[], { step }: Stairs, least: number): readonly number[] {
  if (edges[0]! > FINEST * step) return [];
  return halvesOf(step).filter((half) => half < edges.at(-1)! && half >= least);
}
