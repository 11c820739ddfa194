// What a model costs: multiply-accumulates, parameters and activation memory, for any choice of kept classes,
// computed from traced shapes and labels alone (no second trace).
import { branchRemains } from '../coupling/branches.ts';
import type { Coupling, Use } from '../coupling/coupling.ts';
import { type KeepMask, keepAll, keptPositions, stays } from '../coupling/survivors.ts';
import { nodeId, type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { elementCount } from '../onnx/tensor.ts';
import { operatorOf } from '../ops/table.ts';

/** Cost of one layer (a node that multiplies). */
export interface LayerCost {
  readonly node: number;
  /** Name of the node's first output. */
  readonly name: string;
  readonly opType: string;
  /** Multiply-accumulates of one run at the first traced size. */
  readonly macs: number;
  /** Elements of its constant inputs. */
  readonly params: number;
  /** Bytes of its outputs at the first traced size. */
  readonly activationBytes: number;
  /** Output shape. */
  readonly shape: readonly number[];
}

/** Totals over the whole model. */
export interface Cost {
  readonly macs: number;
  /** Elements of all floating-point constants that some node reads. */
  readonly params: number;
  /** Bytes of all activations, as if none were reused. */
  readonly activationBytes: number;
}

/** Evaluates costs of choices over one model, thousands of times a second. */
export interface CostModel {
  readonly original: Cost;
  totals(keep: KeepMask): Cost;
  layers(keep?: KeepMask): readonly LayerCost[];
}

/** Prepares the evaluation: see {@link CostModel}. */
export function createCostModel(traced: TracedModel, coupling: Coupling): CostModel {
  const usesOf = new Map<string, Use[]>();
  for (const use of coupling.uses) {
    const key = `${use.node}:${use.input}`;
    const list = usesOf.get(key);
    if (list) list.push(use);
    else usesOf.set(key, [use]);
  }
  const values = [...traced.nodes.entries()].flatMap(([node, { outputs }]) =>
    outputs
      .filter((name) => name !== '' && traced.kindOf(name) === 'activation' && traced.shapeOf(name))
      .map((name) => ({ node, name, bytes: 4 })),
  );
  const constants = distinctConstants(traced);
  // A product of constants is computed once, when the model is loaded.
  const layerNodes = [...traced.nodes.entries()].filter(
    ([, node]) => operatorOf(node)?.macs && traced.kindOf(nodeId(node)) === 'activation',
  );

  const evaluate = (keep: KeepMask) => {
    const counts = new Map<Int32Array, number>();
    const count = (labels: Int32Array): number => {
      const known = counts.get(labels);
      if (known !== undefined) return known;
      let kept = 0;
      for (let i = 0; i < labels.length; i++) if (stays(keep, labels[i]!)) kept++;
      counts.set(labels, kept);
      return kept;
    };
    const along = (vectors: readonly Int32Array[], size: number): number => {
      if (vectors.length === 0) return size;
      if (vectors.length === 1) return count(vectors[0]!);
      return keptPositions(vectors, keep)?.length ?? size;
    };
    const valueShape = (name: string): readonly number[] => {
      const shape = tracedShape(traced, name);
      const labels = coupling.values.get(name);
      if (!labels) return shape;
      return shape.map((size, axis) =>
        along(
          labels.filter((l) => l.axis === axis).map((l) => l.labels),
          size,
        ),
      );
    };
    const constantShape = (node: number, input: number, name: string): readonly number[] => {
      const shape = tracedShape(traced, name);
      const uses = usesOf.get(`${node}:${input}`);
      if (!uses) return shape;
      return shape.map((size, axis) => {
        const mine = uses.filter((use) => use.axis === axis);
        // Blocks of a grouped weight keep equal counts, or go as a whole.
        const blocks = mine.filter((use) => use.within);
        if (blocks.length > 0) return Math.max(...blocks.map((block) => along([block.labels], size)));
        return along(
          mine.map((use) => use.labels),
          size,
        );
      });
    };
    return { valueShape, constantShape };
  };
  const layerCost = (node: number, shapes: ReturnType<typeof evaluate>): LayerCost => {
    const { inputs, outputs, opType } = traced.nodes[node]!;
    const inShape = (input: number): readonly number[] => {
      const name = inputs[input] ?? '';
      return traced.kindOf(name) === 'constant'
        ? shapes.constantShape(node, input, name)
        : shapes.valueShape(name);
    };
    const outShape = (output: number): readonly number[] => shapes.valueShape(outputs[output] ?? '');
    const params = inputs
      .map((name, input) => ({ name, input }))
      .filter(({ name }) => name !== '' && traced.kindOf(name) === 'constant')
      .reduce((sum, { name, input }) => sum + elementCount(shapes.constantShape(node, input, name)), 0);
    return {
      node,
      name: nodeId(traced.nodes[node]!),
      opType,
      macs: operatorOf(traced.nodes[node]!)!.macs!({ node: traced.nodes[node]!, inShape, outShape }),
      params,
      activationBytes: outputs
        .filter((name) => traced.shapeOf(name))
        .reduce((sum, name) => sum + 4 * elementCount(shapes.valueShape(name)), 0),
      shape: outShape(0),
    };
  };
  const totals = (keep: KeepMask): Cost => {
    const shapes = evaluate(keep);
    const { dead, left, flat, ends, shifts, isLeftOut } = branchCosts(traced, coupling, keep);
    const read = constants.filter(({ name }) => !isLeftOut(name));
    const channelsOf = ([name, axis]: readonly [string, number]): number => shapes.valueShape(name)[axis]!;
    return {
      macs:
        sum(layerNodes, ([node]) => (left.has(node) ? 0 : layerCost(node, shapes).macs)) +
        sum(shifts, (value) => elementCount(shapes.valueShape(value))),
      params:
        sum(read, (c) => elementCount(shapes.constantShape(c.node, c.input, c.name))) +
        sum([...ends], channelsOf) +
        sum(shifts, (value) => channelsOf([value, 1])),
      activationBytes: sum(
        values.filter(({ node, name }) => !dead.has(node) && !flat.has(name)),
        ({ bytes, name }) => bytes * elementCount(shapes.valueShape(name)),
      ),
    };
  };
  return {
    original: totals(keepAll(coupling)),
    totals,
    layers: (keep = keepAll(coupling)) => {
      const shapes = evaluate(keep);
      return layerNodes.map(([node]) => layerCost(node, shapes));
    },
  };
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** What of a cost changes where branches are gone: values that are constants by now are read at sums alone, which are convolutions then. */
function branchCosts(traced: TracedModel, coupling: Coupling, keep: KeepMask) {
  const { dead, flat, joints } = branchRemains(traced, coupling, keep);
  const makers = [...flat.keys()].map((name) => traced.wiring.producers.get(name)!.node);
  const left = new Set([...dead, ...makers]);
  return {
    ...{ dead, left, flat },
    ends: new Map(joints.flatMap((joint) => joint.flat.map((name) => [name, flat.get(name)!] as const))),
    shifts: joints.filter((joint) => joint.shifts).map(({ node }) => nodeId(traced.nodes[node]!)),
    isLeftOut: (name: string): boolean =>
      left.size > 0 && (traced.wiring.consumers.get(name) ?? []).every(({ node }) => left.has(node)),
  };
}

/** Floating-point constants that activations meet, once per name. */
export function distinctConstants(
  traced: TracedModel,
): readonly { readonly node: number; readonly input: number; readonly name: string }[] {
  const found = new Map<string, { node: number; input: number; name: string }>();
  for (const [node, { inputs, outputs }] of traced.nodes.entries()) {
    if (outputs.every((name) => name === '' || traced.kindOf(name) !== 'activation')) continue;
    inputs.forEach((name, input) => {
      if (name === '' || found.has(name) || traced.kindOf(name) !== 'constant') return;
      const type = traced.constantOf(name)?.type ?? '';
      if (type.startsWith('float')) found.set(name, { node, input, name });
    });
  }
  return [...found.values()];
}
