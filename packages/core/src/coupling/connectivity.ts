// The connectivity graph of a coupled network: for every convolution who reads its filters and at which place of the
// concatenation in front of that reader. A view of the flow ids, printed and drawn; the cuts themselves need only labels.
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { Coupling, FlowStep, Use } from './coupling.ts';

/** One place where the filters of a convolution arrive. */
export interface ConnectivityEnd {
  /** The consumer, an index into the graph's nodes. */
  readonly node: number;
  /** Which part of the consumer's concatenated input, from 0; 0 as well where nothing is concatenated. */
  readonly slot: number;
}

/** One convolution of the connectivity graph. */
export interface ConnectivityRow {
  /** Index into the graph's nodes. */
  readonly node: number;
  /** Name of the node's first output. */
  readonly name: string;
  /**
   * Its consumers in graph order, one entry per slot, slots ascending: a consumer behind spatial pyramid pooling is listed once per
   * copy. Empty where the filters reach no other weights (the last convolutions of a detection head).
   */
  readonly consumers: readonly ConnectivityEnd[];
  /** Input channels in each slot of its own concatenated input; empty where its input is no concatenation. */
  readonly sizes: readonly number[];
}

/**
 * Derives the connectivity graph from the graph alone (Iterative Filter Pruning for Concatenation-based CNN Architectures, IJCNN 2024,
 * where it is written by hand). One row per node whose weights make or read channels, in graph order; a cut of filters K
 * of one row removes, in each consumer, the input channels K + Σ sizes before the slot.
 *
 * A slot is a run of input channels that arrive in the order in which they were made, so a concatenation of concatenations is one flat
 * list, neighbouring parts of one split are one slot, and behind a channel shuffle each channel is one. Behind a sum each slot has all
 * summands as producers. Depthwise convolutions are rows like any other; scales and gates are not.
 */
export function connectivity(
  traced: Pick<TracedModel, 'nodes'>,
  coupling: Coupling,
): readonly ConnectivityRow[] {
  const originsOf = openOrigins(coupling.flow);
  const rows = new Map<number, { slots: readonly Slot[]; consumers: ConnectivityEnd[] }>();
  const weighted = coupling.uses.filter((use) => use.role !== 'pass').sort((a, b) => a.node - b.node);
  for (const [node, uses] of groupByNode(weighted)) {
    const slots = findSlots(
      uses.filter((use) => use.role === 'consume'),
      originsOf,
    );
    rows.set(node, { slots, consumers: [] });
    for (const [slot, { producers }] of slots.entries()) {
      for (const producer of producers) rows.get(producer)?.consumers.push({ node, slot });
    }
  }
  return [...rows].map(([node, { slots, consumers }]) => ({
    node,
    name: nodeId(traced.nodes[node]!),
    consumers,
    sizes: slots.length > 1 ? slots.map(({ size }) => size) : [],
  }));
}

function groupByNode(uses: readonly Use[]): ReadonlyMap<number, readonly Use[]> {
  const groups = new Map<number, Use[]>();
  for (const use of uses) groups.set(use.node, [...(groups.get(use.node) ?? []), use]);
  return groups;
}

/** A channel as it left its weights: the node that made it and its flow id, consecutive within the node. */
interface Origin {
  readonly node: number;
  readonly id: number;
}

interface Slot {
  readonly producers: ReadonlySet<number>;
  readonly size: number;
}

/** Looks up which filters add up to a flow id, ascending; empty for padding, graph inputs and −1. */
function openOrigins(steps: readonly FlowStep[]): (id: number) => readonly Origin[] {
  const known = new Map<number, readonly Origin[]>();
  const originsOf = (id: number): readonly Origin[] => {
    if (id < 0) return [];
    const earlier = known.get(id);
    if (earlier) return earlier;
    const step = findStep(steps, id);
    const origins =
      step.kind === 'produce' || step.kind === 'depthwise'
        ? [{ node: step.node, id }]
        : mergeOrigins(step.sources.map((source) => originsOf(source[id - step.base]!)));
    known.set(id, origins);
    return origins;
  };
  return originsOf;
}

function mergeOrigins(lists: readonly (readonly Origin[])[]): readonly Origin[] {
  if (lists.length === 1) return lists[0]!;
  const unique = new Map(lists.flat().map((origin) => [origin.id, origin]));
  return [...unique.values()].sort((a, b) => a.id - b.id);
}

/** Steps are minted in order, so their bases ascend. */
function findStep(steps: readonly FlowStep[], id: number): FlowStep {
  let [low, high] = [0, steps.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (steps[middle]!.base <= id) low = middle;
    else high = middle - 1;
  }
  return steps[low]!;
}

/** Cuts the input channels of one node (the blocks of a grouped convolution in a row) into runs. */
function findSlots(uses: readonly Use[], originsOf: (id: number) => readonly Origin[]): readonly Slot[] {
  const blocks = [...uses].sort((a, b) => (a.within?.from ?? 0) - (b.within?.from ?? 0));
  const slots: { producers: ReadonlySet<number>; size: number }[] = [];
  let previous: readonly Origin[] | undefined;
  for (const use of blocks) {
    const repeats = mayRepeat(use);
    for (const id of use.flow) {
      const origins = originsOf(id);
      if (previous && continues(previous, origins, repeats)) slots.at(-1)!.size++;
      else slots.push({ producers: new Set(origins.map(({ node }) => node)), size: 1 });
      previous = origins;
    }
  }
  return slots;
}

/** Flatten repeats each channel H·W times in front of a matrix, and a channel multiplier its rows. */
function mayRepeat(use: Use): boolean {
  return use.kernel !== undefined && (use.kernel.spatial.length === 0 || use.axis === use.kernel.out);
}

function continues(before: readonly Origin[], after: readonly Origin[], repeats: boolean): boolean {
  if (before.length !== after.length) return false;
  const [last, next] = [before[0], after[0]];
  const advance = last && next ? next.id - last.id : 1;
  if (advance !== 1 && !(repeats && advance === 0)) return false;
  return before.every(({ node, id }, i) => after[i]!.node === node && after[i]!.id === id + advance);
}
