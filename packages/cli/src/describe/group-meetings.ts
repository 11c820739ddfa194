// Why filters of several layers go together: the nodes in which their channels meet, one on top of the other.
import type { Coupling, TracedModel, Use } from '@espalier/core';

/** Which nodes made the channels of a value, by group. */
type Origins = ReadonlyMap<number, ReadonlySet<number>>;

/**
 * Nodes by group id, in graph order: those that join two values element by element whose channels belong to the group and come from
 * different makers. A sum behind a sum of the same makers adds no reason, and neither does a gate made of the value it gates.
 */
export function findMeetings(
  { nodes }: Pick<TracedModel, 'nodes'>,
  coupling: Coupling,
): ReadonlyMap<number, readonly number[]> {
  const makes = groupsByMaker(coupling);
  const counts = countChannels(coupling);
  const origins = new Map<string, Origins>();
  const meetings = new Map<number, readonly number[]>();
  for (const [index, { inputs, outputs }] of nodes.entries()) {
    const sources = [...new Set(inputs)].filter((name) => origins.has(name));
    for (const output of outputs) {
      const found = new Map<number, ReadonlySet<number>>();
      for (const [group, count] of counts.get(output) ?? []) {
        if (makes.get(index)?.has(group)) {
          found.set(group, new Set([index]));
          continue;
        }
        const from = sources.flatMap((name) => {
          const makers = origins.get(name)!.get(group);
          return makers ? [{ makers, count: counts.get(name)!.get(group)! }] : [];
        });
        found.set(group, new Set(from.flatMap(({ makers }) => [...makers])));
        // Joined along the axis, as by Concat, the output holds more channels of the group than either input.
        const onTop = from.filter((source) => source.count === count);
        const [first, ...others] = onTop;
        if (first && others.some(({ makers }) => !isSame(makers, first.makers))) {
          const before = meetings.get(group) ?? [];
          if (before.at(-1) !== index) meetings.set(group, [...before, index]);
        }
      }
      origins.set(output, found);
    }
  }
  return meetings;
}

/** The groups whose channels each node makes by its weights; a depthwise convolution only passes them on. */
function groupsByMaker({ uses, classes }: Coupling): ReadonlyMap<number, ReadonlySet<number>> {
  const makes = new Map<number, Set<number>>();
  const place = ({ node, input, axis }: Use): string => `${node} ${input} ${axis}`;
  const consumed = new Set(uses.filter(({ role }) => role === 'consume').map(place));
  for (const use of uses) {
    const { node, role, kernel, labels } = use;
    if (role !== 'produce' || !kernel || consumed.has(place(use))) continue;
    const groups = makes.get(node) ?? new Set();
    for (const label of labels) if (label >= 0) groups.add(classes[label]!.group);
    makes.set(node, groups);
  }
  return makes;
}

/** How many positions of each value belong to each group. */
function countChannels({
  values,
  tangled,
  classes,
}: Coupling): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const counts = new Map<string, Map<number, number>>();
  const count = (value: string, labels: Int32Array): void => {
    const groups = counts.get(value) ?? new Map<number, number>();
    for (const label of labels) {
      if (label < 0) continue;
      const { group } = classes[label]!;
      groups.set(group, (groups.get(group) ?? 0) + 1);
    }
    counts.set(value, groups);
  };
  for (const [value, axes] of values) for (const { labels } of axes) count(value, labels);
  for (const [value, { data }] of tangled) if (!values.has(value)) count(value, data);
  return counts;
}

function isSame(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every((node) => b.has(node));
}
