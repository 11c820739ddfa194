// The plan's `cuts`: every slice that a choice of classes takes from every constant, in the original model's own names.
import type { Coupling } from '../coupling/coupling.ts';
import { type KeepMask, stays } from '../coupling/survivors.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { PlanCut, PlanGroup } from './plan.ts';

/** The slices that go, in the order of the graph. */
export function listCuts(traced: TracedModel, coupling: Coupling, keep: KeepMask): readonly PlanCut[] {
  return coupling.uses.flatMap((use): PlanCut[] => {
    const indices = [...use.labels.keys()].filter((i) => !stays(keep, use.labels[i]!));
    if (indices.length === 0) return [];
    const { input, value, role, axis, within } = use;
    return [
      { node: nodeId(traced.nodes[use.node]!), input, value, role, axis, indices, ...(within && { within }) },
    ];
  });
}

/** Removed output channels of every root, for people and for {@link keepOf}. */
export function listPlanGroups(
  traced: TracedModel,
  coupling: Coupling,
  keep: KeepMask,
): readonly PlanGroup[] {
  return coupling.groups.flatMap((group): PlanGroup[] => {
    if (group.root < 0) return [];
    const gone = new Set(Array.from(group.classes).filter((id) => keep[id] === 0));
    if (gone.size === 0) return [];
    const labels = rootLabels(coupling, group.root);
    const removed = [...labels.keys()].filter((channel) => gone.has(labels[channel]!));
    return [{ root: nodeId(traced.nodes[group.root]!), channels: labels.length, removed }];
  });
}

/** Class of each output channel of a root node: its produce uses in order (a grouped transposed weight has one per block). */
export function rootLabels(coupling: Coupling, root: number): readonly number[] {
  const uses = coupling.uses.filter((use) => use.node === root && use.role === 'produce' && use.kernel);
  return uses.flatMap((use) => [...use.labels]);
}
