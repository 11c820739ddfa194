// The linear layers that a cut left, beside what they were: which values of the original they should come near.
import type { Coupling } from '../coupling/coupling.ts';
import { type KeepMask, keptAlong } from '../coupling/survivors.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { Port } from '../graph/wiring.ts';
import type { LinearLayer } from '../ops/linear/linear-layer.ts';
import { factsOf } from '../ops/node-facts.ts';
import { operatorOf } from '../ops/table.ts';

/** A linear layer of the cut model. */
export interface MatchedLayer {
  /** Index into the cut model's nodes, and the name of its output, which is also the original's. */
  readonly node: number;
  readonly output: string;
  readonly opType: string;
  readonly layer: LinearLayer;
  /** The value it reads. */
  readonly data: string;
  /** Its input has lost nothing and nothing before it has changed: it computes what it did. */
  readonly untouched: boolean;
  /** Channels of the original's output that are left, when not all. */
  readonly kept?: Int32Array;
  /** Where its output goes nowhere but into a sum. */
  readonly sum?: ResidualSum;
}

/** output → (a straight line per channel) → total = line(output) + shortcut. */
export interface ResidualSum {
  readonly total: string;
  readonly shortcut: string;
  readonly line?: { readonly scale: ArrayLike<number>; readonly shift: ArrayLike<number> };
}

/** The layers in the cut model's execution order; those whose output the original does not have, row by row, are left out. */
export function matchLayers(
  original: TracedModel,
  coupling: Coupling,
  keep: KeepMask,
  cut: TracedModel,
): readonly MatchedLayer[] {
  const clean = new Set(cut.inputNames);
  return cut.nodes.flatMap((node, index): MatchedLayer[] => {
    const layer = linearLayerOf(cut, index);
    const data = layer && node.inputs[layer.data]!;
    const reads = node.inputs.filter((name) => name !== '' && cut.kindOf(name) === 'activation');
    const lost = layer && data !== undefined && keptAlong(coupling, data, layer.inAxis, keep) !== undefined;
    const untouched = reads.every((name) => clean.has(name)) && !lost;
    if (untouched) for (const name of node.outputs) clean.add(name);
    const output = nodeId(node);
    if (!layer || data === undefined || !corresponds(original, coupling, keep, cut, output, layer)) return [];
    const kept = keptAlong(coupling, output, layer.outAxis, keep);
    const sum = findSum(cut, output, layer);
    return [
      {
        ...{ node: index, output, opType: node.opType, layer, data, untouched },
        ...(kept && { kept }),
        ...(sum && { sum }),
      },
    ];
  });
}

/** The node as a linear layer, at the traced sizes or at other dims of its data and output. */
export function linearLayerOf(
  traced: TracedModel,
  index: number,
  dims?: { readonly data: readonly number[]; readonly output: readonly number[] },
): LinearLayer | undefined {
  const rule = operatorOf(traced.nodes[index]!)?.linear;
  if (!rule || traced.kindOf(nodeId(traced.nodes[index]!)) !== 'activation') return undefined;
  const facts = factsOf(traced, index);
  if (!dims) return rule(facts);
  const inShape = (input: number): readonly number[] =>
    facts.kind(input) === 'activation' ? dims.data : facts.inShape(input);
  return rule({ ...facts, inShape, outShape: () => dims.output });
}

function corresponds(
  original: TracedModel,
  coupling: Coupling,
  keep: KeepMask,
  cut: TracedModel,
  output: string,
  { outAxis }: LinearLayer,
): boolean {
  const before = original.shapeOf(output);
  const after = cut.shapeOf(output);
  if (!before || !after || original.kindOf(output) !== 'activation') return false;
  const kept = keptAlong(coupling, output, outAxis, keep)?.length;
  const expected = kept === undefined ? before : before.with(outAxis, kept);
  return expected.length === after.length && expected.every((size, axis) => size === after[axis]);
}

/** Follows the output through per-channel lines to a sum with another activation of the same shape. */
function findSum(cut: TracedModel, output: string, layer: LinearLayer): ResidualSum | undefined {
  let value = output;
  let line: ResidualSum['line'];
  for (;;) {
    const reader = onlyReader(cut, value);
    if (!reader) return undefined;
    const node = cut.nodes[reader.node]!;
    const rule = operatorOf(node);
    if (rule?.adds) {
      const shortcut = node.inputs[1 - reader.slot]!;
      const same = String(cut.shapeOf(shortcut)) === String(cut.shapeOf(value));
      if (shortcut === value || !same || cut.kindOf(shortcut) !== 'activation') return undefined;
      return { total: nodeId(node), shortcut, ...(line && { line }) };
    }
    const next = reader.slot === 0 && layer.outAxis === 1 ? rule?.affine?.(cut, node) : undefined;
    if (!next || line) return undefined;
    line = next;
    value = nodeId(node);
  }
}

function onlyReader(cut: TracedModel, value: string): Port | undefined {
  const readers = cut.wiring.consumers.get(value) ?? [];
  const exposed = cut.graph.outputs.some(({ name }) => name === value);
  return readers.length === 1 && readers[0]!.slot >= 0 && !exposed ? readers[0] : undefined;
}
