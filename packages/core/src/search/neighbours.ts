// Which groups a cut may have made more or less sensitive: those that meet the cut ones at some node.
import type { Coupling } from '../coupling/coupling.ts';

/** The given groups and every group that shares a weighted node with one of them, by index into `coupling.groups`. */
export function groupsNear(coupling: Coupling, changed: ReadonlySet<number>): ReadonlySet<number> {
  const nodesOf = (group: number): readonly number[] =>
    coupling.groups[group]!.incidence.map(({ use }) => coupling.uses[use]!.node);
  const touched = new Set([...changed].flatMap(nodesOf));
  const near = new Set(changed);
  for (const { id } of coupling.groups) if (nodesOf(id).some((node) => touched.has(node))) near.add(id);
  return near;
}
