// The widths each group may take on a device, and what each is worth.
import type { Coupling } from '../coupling/coupling.ts';
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

/** What menus depend on beside the groups. */
export interface MenuOptions {
  readonly stairs: Stairs;
  readonly maxRatio: number;
  /** Whether the halves of the first step are offered too, default false. */
  readonly narrow?: boolean;
}

/** Levels of a group on a device without steps. */
const FINEST = 16;

/**
 * The widths at the edges of a device's steps, at most 16 a group, and with `narrow` the halves of the first step, down to the floor that `maxRatio`
 * leaves. The value of a width is the logarithm of the
 * share of the group's importance that it keeps: halving what a group knows costs the same in every group, so that no
 * group is emptied because its scores are small. Scores must not be negative.
 */
export function listWidthMenus(
  coupling: Coupling,
  groups: readonly PrunableGroup[],
  scores: Float64Array,
  { stairs, maxRatio, narrow = false }: MenuOptions,
): readonly WidthMenu[] {
  return groups.map(({ group, channels }) => {
    const ordered = [...coupling.groups[group]!.classes].map((id) => scores[id]!).sort((a, b) => b - a);
    const least = Math.max(1, Math.ceil(channels * (1 - maxRatio) - 1e-9));
    const edges = edgesBelow(channels, stairs, least);
    const widths = narrow ? [...edges, ...halvesBelow(edges, stairs, least)] : edges;
    const total = ordered.reduce((sum, score) => sum + score, 0) || 1;
    return {
      group,
      rates: widths.map((width) => (channels - width) / channels),
      values: widths.map((width) => {
        const kept = ordered.slice(0, width).reduce((sum, score) => sum + score, 0);
        return Math.log(Math.max(kept / total, 1e-9));
      }),
    };
  });
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
