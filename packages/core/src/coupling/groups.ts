// Groups: classes with identical incidence (the same uses, equally often), found by refining a partition use by use.
import { groupBy } from '../group-by.ts';
import { FIXED, type FlowStep, type Group, type Use } from './coupling.ts';

/** The groups of the classes and the group of each class. `frozen[id]` is the freeze reason of class id, −1 when it is free. */
export function formGroups(
  frozen: readonly number[],
  uses: readonly Use[],
  steps: readonly FlowStep[],
): { readonly groups: readonly Group[]; readonly groupOf: Int32Array } {
  const part = partition(frozen, uses);
  const depthwise = new Set(steps.flatMap((step) => (step.kind === 'depthwise' ? [step.use] : [])));
  const makesChannels = (use: Use): boolean =>
    use.role === 'produce' && use.kernel !== undefined && !depthwise.has(use.id);
  const members = [...groupBy(frozen.keys(), (id) => part[id]!).values()];
  const incidences = listUses(
    frozen.length,
    members.map((ids) => ids[0]!),
    uses,
  );
  const groups = members.map((ids, i) => {
    const first = ids[0]!;
    const incidence = incidences[i]!;
    const root = incidence.map(({ use }) => uses[use]!).find(makesChannels);
    const inOrder = root && [...new Set(root.labels)].filter((label) => part[label] === part[first]);
    return { ids: inOrder ?? ids, root, incidence, reason: frozen[first]! };
  });
  // In the order of their roots, so that print-outs follow the graph; rootless groups (padding) come last.
  groups.sort(
    (a, b) =>
      (a.root?.node ?? Number.POSITIVE_INFINITY) - (b.root?.node ?? Number.POSITIVE_INFINITY) ||
      a.ids[0]! - b.ids[0]!,
  );
  const groupOf = new Int32Array(frozen.length);
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

/** The uses of each of the given classes, with how often it occurs there. */
function listUses(
  classCount: number,
  ids: readonly number[],
  uses: readonly Use[],
): readonly Group['incidence'][] {
  const lists = ids.map((): { use: number; count: number }[] => []);
  const slot = new Int32Array(classCount).fill(-1);
  ids.forEach((id, i) => {
    slot[id] = i;
  });
  for (const use of uses) {
    for (const label of use.labels) {
      const list = label === FIXED ? undefined : lists[slot[label]!];
      const last = list?.at(-1);
      if (last?.use === use.id) last.count++;
      else list?.push({ use: use.id, count: 1 });
    }
  }
  return lists;
}

/** Numbers classes so that two share a number iff they have the same freeze reason and occur equally often in every use. */
function partition(frozen: readonly number[], uses: readonly Use[]): Int32Array {
  const part = new Int32Array(frozen.length);
  const byReason = new Map<number, number>();
  for (const [id, reason] of frozen.entries()) {
    const known = byReason.get(reason) ?? byReason.size;
    byReason.set(reason, known);
    part[id] = known;
  }
  let next = byReason.size;
  const count = new Int32Array(frozen.length);
  // Uses that share their labels (a kernel and its bias) divide the classes alike.
  for (const labels of new Set(uses.map((use) => use.labels))) {
    const touched: number[] = [];
    for (const label of labels) if (label !== FIXED && count[label]!++ === 0) touched.push(label);
    const moved = new Map<number, number>();
    for (const id of touched) {
      const key = part[id]! * (labels.length + 1) + count[id]!;
      const target = moved.get(key) ?? next++;
      moved.set(key, target);
      part[id] = target;
      count[id] = 0;
    }
  }
  return part;
}
