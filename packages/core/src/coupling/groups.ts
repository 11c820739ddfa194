// Groups: classes with identical incidence (the same uses, equally often), found by refining a partition use by use.
import { groupBy } from '../group-by.ts';
import { type CoupledClass, FIXED, type FlowStep, type Group, type Use } from './coupling.ts';

/** The groups of the classes and the group of each class. */
export function formGroups(
  classes: readonly CoupledClass[],
  uses: readonly Use[],
  steps: readonly FlowStep[],
): { readonly groups: readonly Group[]; readonly groupOf: Int32Array } {
  const part = partition(classes, uses);
  const counts = classes.map(() => new Map<number, number>());
  for (const use of uses) {
    for (const label of use.labels) {
      if (label === FIXED) continue;
      const mine = counts[label]!;
      mine.set(use.id, (mine.get(use.id) ?? 0) + 1);
    }
  }
  const depthwise = new Set(steps.flatMap((step) => (step.kind === 'depthwise' ? [step.use] : [])));
  const makesChannels = (use: Use): boolean =>
    use.role === 'produce' && use.kernel !== undefined && !depthwise.has(use.id);
  const members = groupBy(classes.keys(), (id) => part[id]!);
  const groups = [...members.values()].map((ids) => {
    const first = classes[ids[0]!]!;
    const incidence = [...counts[first.id]!].map(([use, count]) => ({ use, count }));
    const root = incidence.map(({ use }) => uses[use]!).find(makesChannels);
    return { ids: root ? inOrderOf(root, ids) : ids, root, incidence, reason: first.frozen };
  });
  // In the order of their roots, so that print-outs follow the graph; rootless groups (padding) come last.
  groups.sort(
    (a, b) =>
      (a.root?.node ?? Number.POSITIVE_INFINITY) - (b.root?.node ?? Number.POSITIVE_INFINITY) ||
      a.ids[0]! - b.ids[0]!,
  );
  const groupOf = new Int32Array(classes.length);
  groups.forEach(({ ids }, id) => {
    for (const member of ids) groupOf[member] = id;
  });
  return {
    groups: groups.map(({ ids, root, incidence, reason }, id) => ({
      id,
      classes: Int32Array.from(ids),
      root: root?.node ?? -1,
      incidence,
      frozen: reason >= 0,
      reason,
    })),
    groupOf,
  };
}

/** Numbers classes so that two share a number iff they have the same freeze reason and occur equally often in every use. */
function partition(classes: readonly CoupledClass[], uses: readonly Use[]): Int32Array {
  const part = new Int32Array(classes.length);
  const byReason = new Map<number, number>();
  for (const { id, frozen } of classes) {
    const known = byReason.get(frozen) ?? byReason.size;
    byReason.set(frozen, known);
    part[id] = known;
  }
  let next = byReason.size;
  const count = new Int32Array(classes.length);
  for (const use of uses) {
    const touched: number[] = [];
    for (const label of use.labels) {
      if (label === FIXED) continue;
      if (count[label]!++ === 0) touched.push(label);
    }
    const moved = new Map<number, number>();
    for (const id of touched) {
      const key = part[id]! * (use.labels.length + 1) + count[id]!;
      const target = moved.get(key) ?? next++;
      moved.set(key, target);
      part[id] = target;
      count[id] = 0;
    }
  }
  return part;
}

function inOrderOf(root: Use, ids: readonly number[]): readonly number[] {
  const wanted = new Set(ids);
  return [...new Set(root.labels)].filter((label) => wanted.has(label));
}
