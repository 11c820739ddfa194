// The widths each group may take on a device.
import type { PlanLimits } from '../plan/limits.ts';
import type { PrunableGroup } from '../search/group-cuts.ts';
import { halvesOf } from './fit-stairs.ts';
import type { Stairs } from './latency-table.ts';

/** One group's widths, widest first. */
export interface WidthMenu extends PrunableGroup {
  /** Share of the group's channels that goes, per level; 0 at level 0. */
  readonly rates: readonly number[];
}

/** What menus depend on beside the groups. */
export interface MenuOptions {
  readonly stairs: Stairs;
  readonly maxRatio: number;
  /** Channels that layers had before earlier cuts, see `PlanLimits.widths`. */
  readonly widths?: PlanLimits['widths'];
  /** Whether the halves of the first step are offered too, default false. */
  readonly narrow?: boolean;
  /** Groups that may go altogether, by index into `coupling.groups`: theirs ends with no channels at all. Default none. */
  readonly branches?: Pick<ReadonlyMap<number, unknown>, 'has'>;
}

const NONE: NonNullable<MenuOptions['branches']> = new Map();

/** Levels of a group on a device without steps. */
const FINEST = 16;

/**
 * The widths at the edges of a device's steps, at most 16 a group, and with `narrow` the halves of the first step, down to the floor that `maxRatio`
 * leaves; and nothing, of branches.
 */
export function listWidthMenus(groups: readonly PrunableGroup[], options: MenuOptions): readonly WidthMenu[] {
  const { stairs, maxRatio, widths = {}, narrow = false, branches = NONE } = options;
  return groups.map((group) => {
    const { channels, root } = group;
    const least = Math.max(1, Math.ceil((widths[root] ?? channels) * (1 - maxRatio) - 1e-9));
    const edges = edgesBelow(channels, stairs, least);
    const offered = [
      ...edges,
      ...(narrow ? halvesBelow(edges, stairs, least) : []),
      ...(branches.has(group.group) ? [0] : []),
    ];
    return { ...group, rates: offered.map((width) => (channels - width) / channels) };
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
