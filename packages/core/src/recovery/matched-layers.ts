// The linear layers that a cut left, beside what they were: which values of the original they should come near.
import { branchRemains } from '../coupling/branches.ts';
import type { Coupling } from '../coupling/coupling.ts';
import { type KeepMask, keptAlong, survivingShape } from '../coupling/survivors.ts';
import { EspalierError } from '../errors.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { LinearLayer } from '../ops/linear/linear-layer.ts';
import { factsOf } from '../ops/node-facts.ts';
import type { NodeFacts } from '../ops/operator.ts';
import { operatorOf } from '../ops/table.ts';
import { type Destination, findDestination } from './destination.ts';

/** A linear layer of the cut model. */
export interface MatchedLayer {
  /** Index into the cut model's nodes, and the name of its output, which is also the original's. */
  readonly node: number;
  readonly output: string;
  readonly opType: string;
  readonly layer: LinearLayer;
  /** The value it reads. */
  readonly data: string;
  /** Its input has lost nothing and nothing before it can have changed: it computes what it did. */
  readonly untouched: boolean;
  /** Channels of the original's output that are left, when not all. */
  readonly kept?: Int32Array;
  /** What its output becomes. */
  readonly destination: Destination;
}

/** What a cut left of a model, seen as layers to correct. */
export interface CutLayers {
  /** In the cut model's execution order. */
  readonly layers: readonly MatchedLayer[];
  /** Values that are what they were in the original, on their kept channels, whatever happens to the layers that are touched. */
  readonly clean: ReadonlySet<string>;
}

/**
 * Finds the layers of the cut model that the original has too. Error, kind usage: `recovery.other-cut` when the widths of a layer are not those that
 * `keep` leaves.
 */
export function matchLayers(
  original: TracedModel,
  coupling: Coupling,
  keep: KeepMask,
  cut: TracedModel,
): CutLayers {
  const clean = new Set(cut.inputNames);
  const { joints } = branchRemains(original, coupling, keep);
  const bereft = new Set(joints.map(({ node }) => nodeId(original.nodes[node]!)));
  const layers = cut.nodes.flatMap((node, index): MatchedLayer[] => {
    const layer = linearLayerOf(cut, index);
    const output = nodeId(node);
    const data = layer && node.inputs[layer.data]!;
    const reads = node.inputs.filter((name) => name !== '' && cut.kindOf(name) !== 'constant');
    const lost = layer && keptAlong(coupling, data!, layer.inAxis, keep) !== undefined;
    // Where a branch came in there is a constant now.
    const untouched = reads.every((name) => clean.has(name)) && !lost && !bereft.has(output);
    if (untouched) for (const name of node.outputs) clean.add(name);
    if (!layer || original.kindOf(output) !== 'activation' || !original.shapeOf(output)) return [];
    if (!isCutAlong(original, coupling, keep, cut, output, layer.outAxis)) return [];
    const kept = keptAlong(coupling, output, layer.outAxis, keep);
    const destination = findDestination(cut, index, layer);
    return [
      {
        ...{ node: index, output, opType: node.opType, layer, data: data!, untouched, destination },
        ...(kept && { kept }),
      },
    ];
  });
  return { layers, clean };
}

/** The node as a linear layer, at the traced sizes or at other dims of its data and output. */
export function linearLayerOf(
  traced: TracedModel,
  index: number,
  dims?: { readonly data: readonly number[]; readonly output: readonly number[] },
): LinearLayer | undefined {
  const node = traced.nodes[index]!;
  const rule = operatorOf(node)?.linear;
  if (!rule || traced.kindOf(nodeId(node)) !== 'activation') return undefined;
  const facts = factsOf(traced, index);
  if (!dims) return rule(facts);
  const inShape: NodeFacts['inShape'] = (input) =>
    facts.kind(input) === 'activation' ? dims.data : facts.inShape(input);
  return rule({ ...facts, inShape, outShape: () => dims.output });
}

/** Whether the value lost positions of that axis and of no other. */
function isCutAlong(
  original: TracedModel,
  coupling: Coupling,
  keep: KeepMask,
  cut: TracedModel,
  value: string,
  axis: number,
): boolean {
  const expected = survivingShape(original, coupling, value, keep);
  const found = cut.shapeOf(value) ?? [];
  if (String(expected) !== String(found)) {
    throw new EspalierError({
      kind: 'usage',
      code: 'recovery.other-cut',
      message: `The plan leaves '${value}' the shape [${expected.join(', ')}], the pruned model has [${found.join(', ')}].`,
      hint: 'Give the plan with which this file was pruned; `espalier verify` proves that they belong together.',
    });
  }
  return expected.every((_, other) => other === axis || !keptAlong(coupling, value, other, keep));
}
