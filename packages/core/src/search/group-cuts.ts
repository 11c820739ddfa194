// From rates by group to a choice of classes, within the limits of a plan.
import type { CostModel } from '../cost/cost.ts';
import type { Coupling, Group } from '../coupling/coupling.ts';
import { type KeepMask, keepAll } from '../coupling/survivors.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { Limiter } from '../plan/limits.ts';
import type { GroupSensitivity } from './sensitivity.ts';

/** A group that can lose channels. */
export interface PrunableGroup extends Pick<GroupSensitivity, 'root' | 'part' | 'channels'> {
  /** Index into `coupling.groups`. */
  readonly group: number;
}

/** The groups of which channels may go, in the order of the graph. */
export function listPrunableGroups(
  traced: TracedModel,
  coupling: Coupling,
  limiter: Limiter,
): readonly PrunableGroup[] {
  const parts = new Map<number, number>();
  return coupling.groups.flatMap((group) => {
    if (group.root < 0 || group.frozen) return [];
    const part = parts.get(group.root) ?? 0;
    parts.set(group.root, part + 1);
    if (membersOf(group, limiter).length < 2) return [];
    const { id, root, classes } = group;
    return [{ group: id, root: nodeId(traced.nodes[root]!), part, channels: classes.length }];
  });
}

/**
 * The choice in which each named group loses its share, lowest scores first; `rates` is by index into `coupling.groups`. Limits may bring channels
 * back. A group of which anything is asked loses one channel at least, where the limits let it, and never all of them (its name would pass to the
 * root's next one), unless all are asked for and it is a branch that may go.
 */
export function cutGroups(
  coupling: Coupling,
  scores: Float64Array,
  limiter: Limiter,
  rates: ReadonlyMap<number, number>,
): KeepMask {
  const wished = keepAll(coupling);
  for (const [id, rate] of rates) {
    const branch = rate >= 1 && limiter.branches.get(id);
    if (branch) {
      for (const label of branch.classes) wished[label] = 0;
      continue;
    }
    const members = [...membersOf(coupling.groups[id]!, limiter)].sort(
      (a, b) => scores[a]! - scores[b]! || a - b,
    );
    const count = Math.min(Math.round(rate * members.length), members.length - 1);
    for (const label of members.slice(0, rate > 0 ? Math.max(1, count) : 0)) wished[label] = 0;
  }
  return limiter.apply(wished);
}

/** Every rate times `factor`. */
export function scaleRates(rates: ReadonlyMap<number, number>, factor: number): ReadonlyMap<number, number> {
  return new Map([...rates].map(([group, rate]) => [group, rate * factor]));
}

/** Halvings of the factor that {@link fitRates} tries. */
const FIT_ROUNDS = 12;

/** The rates, scaled down so that the measure stays at or above `least` (in its own unit); as they are where it does anyway. */
export function fitRates(
  coupling: Coupling,
  scores: Float64Array,
  limiter: Limiter,
  costs: CostModel,
  rates: ReadonlyMap<number, number>,
  { measure, least }: { readonly measure: 'macs' | 'params'; readonly least: number },
): ReadonlyMap<number, number> {
  const stays = (factor: number): boolean =>
    costs.totals(cutGroups(coupling, scores, limiter, scaleRates(rates, factor)))[measure] >= least;
  if (stays(1)) return rates;
  let [low, high] = [0, 1];
  for (let round = 0; round < FIT_ROUNDS; round++) {
    const middle = (low + high) / 2;
    if (stays(middle)) low = middle;
    else high = middle;
  }
  // The target counts as met within a tolerance, so the nearest choice from above is as good as one from below.
  return scaleRates(rates, low);
}

/** How many channels of a group a choice takes. */
export function countRemoved(coupling: Coupling, group: number, keep: KeepMask): number {
  return coupling.groups[group]!.classes.reduce((sum, id) => sum + 1 - keep[id]!, 0);
}

function membersOf({ classes }: Group, limiter: Limiter): readonly number[] {
  return [...classes].filter((id) => limiter.cuttable[id] === 1);
}
