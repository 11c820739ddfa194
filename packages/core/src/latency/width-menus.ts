// The widths each group may take on a device, and what each is worth.
import type { Coupling } from '../coupling/coupling.ts';
import type { PrunableGroup } from '../search/group-cuts.ts';
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

/** Levels of a group on a device without steps. */
const FINEST = 16;

/**
 * The widths at the edges of a device's steps, at most 16 a group, down to the floor that `maxRatio` leaves. The value of a width is the logarithm of the
 * share of the group's importance that it keeps: halving what a group knows costs the same in every group, so that no
 * group is emptied because its scores are small. Scores must not be negative.
 */
export function listWidthMenus(
  coupling: Coupling,
  groups: readonly PrunableGroup[],
  scores: Float64Array,
  { stairs, maxRatio }: { readonly stairs: Stairs; readonly maxRatio: number },
): readonly WidthMenu[] {
  return groups.map(({ group, channels }) => {
    const ordered = [...coupling.groups[group]!.classes].map((id) => scores[id]!).sort((a, b) => b - a);
    const least = Math.max(1, Math.ceil(channels * (1 - maxRatio) - 1e-9));
    const widths = edgesBelow(channels, stairs, least);
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
