// The probes of a sensitivity analysis: every group at every rate, alone.
import type { Coupling } from '../coupling/coupling.ts';
import type { KeepMask } from '../coupling/survivors.ts';
import type { Limiter } from '../plan/limits.ts';
import { countRemoved, cutGroups, type PrunableGroup } from './group-cuts.ts';

/** One group cut at one rate. */
export interface Probe {
  readonly target: PrunableGroup;
  readonly rate: number;
  readonly keep: KeepMask;
  /** Channels of the group that go. */
  readonly removed: number;
  /** First node, in execution order, that reads a channel which is gone. */
  readonly first: number;
}

/** Plans the probes of each target at its rates, in the order in which their cuts are first felt. Rates that limits turn into the same cut are probed once, at the lowest. */
export function planProbes(
  coupling: Coupling,
  scores: Float64Array,
  limiter: Limiter,
  targets: readonly PrunableGroup[],
  ratesOf: (target: PrunableGroup) => readonly number[],
): readonly Probe[] {
  const probes = targets.flatMap((target) => {
    const seen = new Set<string>();
    return ratesOf(target).flatMap((rate): Probe[] => {
      const keep = cutGroups(coupling, scores, limiter, new Map([[target.group, rate]]));
      const removed = countRemoved(coupling, target.group, keep);
      const key = keep.join('');
      if (removed === 0 || seen.has(key)) return [];
      seen.add(key);
      return [{ target, rate, keep, removed, first: firstReader(coupling, keep) }];
    });
  });
  const starts = new Map<PrunableGroup, number>();
  for (const { target, first } of probes) starts.set(target, Math.min(first, starts.get(target) ?? first));
  return probes
    .map((probe) => ({ ...probe, first: starts.get(probe.target)! }))
    .sort((a, b) => a.first - b.first || a.target.group - b.target.group || a.rate - b.rate);
}

function firstReader(coupling: Coupling, keep: KeepMask): number {
  const readers = coupling.uses.filter(
    ({ role, labels }) => role === 'consume' && labels.some((label) => keep[label] === 0),
  );
  return Math.min(...readers.map(({ node }) => node));
}
