// The surgery: from a traced model and a choice of classes to the smaller model.
// What goes from each weight, vector and shape constant follows from the labels alone.

import { branchRemains, type Joint } from '../coupling/branches.ts';
import type { Coupling, Detour, Use } from '../coupling/coupling.ts';
import { type KeepMask, keptAlong, survivingShape } from '../coupling/survivors.ts';
import type { Engine } from '../engine/engine.ts';
import { EspalierError } from '../errors.ts';
import { makeNode } from '../graph/attributes.ts';
import { nodeId, type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { capturedValues } from '../graph/wiring.ts';
import { groupBy } from '../group-by.ts';
import type { Model, Node, Tensor, ValueInfo } from '../onnx/model.ts';
import type { ArrayType, NdArray } from '../onnx/nd-array.ts';
import { float32ToFloat16, makeTensor, tensorArray, toFloat32 } from '../onnx/tensor.ts';
import { factsOf } from '../ops/node-facts.ts';
import type { RewriteContext } from '../ops/operator.ts';
import { operatorOf } from '../ops/table.ts';
import { type ConstantReader, cutConstants } from './cut-constants.ts';
import { evaluateShapes, patchShape, type ShapeContents } from './shape-arithmetic.ts';
import { selectionOf } from './slice.ts';

/** Mutable pieces that a cut adds to the graph. */
interface Additions {
  readonly initializers: Tensor[];
  readonly unique: (base: string) => string;
  /** `rank` 0 makes a scalar. */
  readonly constant: (values: readonly number[], type?: ArrayType, rank?: number) => string;
}

/**
 * The model without the classes that `keep` drops. Inputs, outputs and all surviving values keep their names, inputs and outputs
 * their shapes. Errors: `surgery.shape-arithmetic` when a computed shape cannot be followed at every traced size.
 */
export async function cutModel(
  traced: TracedModel,
  coupling: Coupling,
  keep: KeepMask,
  engine: Engine,
): Promise<Model> {
  if (keep.every((bit) => bit === 1)) return traced.model;
  const additions = openAdditions(traced);
  const newShape = (value: string, size: number): readonly number[] =>
    survivingShape(traced, coupling, value, keep, size);
  const contents = await evaluateShapes(traced, shapeOperands(traced), newShape, engine);
  const { dead, readers, flat, joints } = branchRemains(traced, coupling, keep);
  const left = new Set([...dead, ...readers]);
  const biases = new Map([...readers].map((node) => [node, biasAlone(traced, coupling, keep, node)]));
  const shifts = new Map(joints.flatMap((joint) => (joint.shifts ? [[joint.node, joint]] : [])));
  const constants = cutConstants(traced, readersOf(traced, coupling, keep, left), additions.unique);
  const detours = activeDetours(coupling, keep);
  const bypassed = new Set(detours.flatMap((detour) => detour.through));

  const nodes: Node[] = [...constants.nodes];
  traced.nodes.forEach((original, index) => {
    if (original.outputs.some((name) => constants.replaced.has(name))) return;
    const bias = biases.get(index);
    if (bias) additions.initializers.push(bias);
    if (left.has(index)) return;
    const shift = shifts.get(index);
    if (shift) {
      const reader = traced.wiring.producers.get(shift.flat[0]!)!.node;
      nodes.push(shiftNode(original, shift, biases.get(reader)!, additions));
      return;
    }
    if (bypassed.has(original.inputs[0] ?? '')) {
      for (const name of original.outputs) {
        const detour = detours.find((d) => d.to === name);
        if (detour) nodes.push(gather(detour, coupling, keep, additions));
      }
      return;
    }
    const inputs = original.inputs.map((name, input) => constants.renamed.get(`${index}:${input}`) ?? name);
    const node = inputs.every((name, i) => name === original.inputs[i]) ? original : { ...original, inputs };
    if (node.outputs.every((name) => name === '' || traced.kindOf(name) !== 'activation')) nodes.push(node);
    else nodes.push(...rewriteNode(traced, coupling, keep, index, node, newShape, contents, additions));
  });
  return assemble(traced, nodes, [...constants.initializers, ...additions.initializers], newShape, flat);
}

/** A sum whose other summand is a constant by now, as a convolution of every channel with the number 1: runtimes fuse that with what follows, and recovery can fit it. */
function shiftNode(
  { inputs, outputs, name: own }: Node,
  { flat }: Joint,
  shift: Tensor,
  additions: Additions,
): Node {
  const { dims, ...bias } = tensorArray(shift);
  const channels = dims[1]!;
  const ones = numbers(new Array<number>(channels).fill(1), bias.type, 1);
  const constant = (base: string, array: NdArray): string => {
    const name = additions.unique(base);
    additions.initializers.push(makeTensor(name, array));
    return name;
  };
  const operands = [
    inputs.find((name) => !flat.includes(name))!,
    constant(`${outputs[0]!}__scale`, { ...ones, dims: dims.map((_, axis) => (axis === 0 ? channels : 1)) }),
    constant(`${outputs[0]!}__shift`, { ...bias, dims: [channels] }),
  ];
  return { ...makeNode('Conv', operands, [...outputs], { group: channels }), ...(own && { name: own }) };
}

/** What a layer makes that reads no channels any more: its bias, one value per channel. */
function biasAlone(traced: TracedModel, coupling: Coupling, keep: KeepMask, index: number): Tensor {
  const node = traced.nodes[index]!;
  const name = nodeId(node);
  const { weight, bias, outAxis, outputs, biasScale } = operatorOf(node)!.linear!(factsOf(traced, index))!;
  const given = bias === undefined ? undefined : traced.constantOf(node.inputs[bias] ?? '');
  const { type } = given ?? traced.constantOf(node.inputs[weight]!)!;
  const values = given ? toFloat32(given) : [];
  const kept = keptAlong(coupling, name, outAxis, keep) ?? Int32Array.from({ length: outputs }, (_, i) => i);
  const shift = Array.from(kept, (at) => biasScale * (values[values.length === 1 ? 0 : at] ?? 0));
  const dims = tracedShape(traced, name).map((_, axis) => (axis === outAxis ? kept.length : 1));
  return makeTensor(name, { ...numbers(shift, type, 1), dims });
}

function openAdditions(traced: TracedModel): Additions {
  const { graph } = traced;
  const taken = new Set([
    ...graph.nodes.flatMap((node) => [...node.outputs, ...capturedValues(node)]),
    ...graph.initializers.map((tensor) => tensor.name ?? ''),
    ...graph.inputs.map((input) => input.name),
  ]);
  const initializers: Tensor[] = [];
  const unique = (base: string): string => {
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}${i}`;
    taken.add(name);
    return name;
  };
  return {
    initializers,
    unique,
    constant: (values, type = 'int64', rank = 1) => {
      const name = unique('espalier_const');
      initializers.push(makeTensor(name, numbers(values, type, rank)));
      return name;
    },
  };
}

function numbers(values: readonly number[], type: ArrayType, rank: number): NdArray {
  const dims = rank === 0 ? [] : [values.length];
  if (type === 'int32') return { type, dims, data: Int32Array.from(values) };
  if (type === 'float32') return { type, dims, data: Float32Array.from(values) };
  if (type === 'float64') return { type, dims, data: Float64Array.from(values) };
  if (type === 'float16') return { type, dims, data: float32ToFloat16(Float32Array.from(values)) };
  return { type: 'int64', dims, data: BigInt64Array.from(values, BigInt) };
}

/** Shape values that activations' nodes read: their contents may change with the cut. */
function shapeOperands(traced: TracedModel): readonly string[] {
  const found = new Set<string>();
  for (const node of traced.nodes) {
    if (node.outputs.every((name) => name === '' || traced.kindOf(name) !== 'activation')) continue;
    for (const name of node.inputs) if (name !== '' && traced.kindOf(name) === 'shape') found.add(name);
  }
  for (const { name } of traced.graph.outputs) if (traced.kindOf(name) === 'shape') found.add(name);
  return [...found].filter((name) => traced.contentOf(name) !== undefined);
}

/** Every reader of every constant that some use mentions, with what is left of the constant there; nodes that are left out read nothing. */
function readersOf(
  traced: TracedModel,
  coupling: Coupling,
  keep: KeepMask,
  left: ReadonlySet<number>,
): readonly ConstantReader[] {
  const usesAt = groupBy(coupling.uses, (use: Use) => `${use.node}:${use.input}`);
  const values = new Set(coupling.uses.map((use) => use.value));
  const outputs = new Set(traced.graph.outputs.map((output) => output.name));
  return [...values].flatMap((value) => {
    const readers = (traced.wiring.consumers.get(value) ?? []).flatMap(({ node, slot }): ConstantReader[] => {
      if (left.has(node)) return [];
      const uses = usesAt.get(`${node}:${slot}`);
      return [{ node, input: slot, value, selection: uses && selectionOf(uses, keep) }];
    });
    // A constant that is an output of the model has one more reader, which wants all of it.
    return outputs.has(value) ? [...readers, { node: -1, input: -1, value, selection: undefined }] : readers;
  });
}

function activeDetours(coupling: Coupling, keep: KeepMask): readonly Detour[] {
  return coupling.detours.filter(
    ({ from, to, axis }) => keptAlong(coupling, from, axis, keep) || keptAlong(coupling, to, axis, keep),
  );
}

function gather(detour: Detour, coupling: Coupling, keep: KeepMask, additions: Additions): Node {
  const source = keptAlong(coupling, detour.from, detour.axis, keep);
  const target = keptAlong(coupling, detour.to, detour.axis, keep);
  const index = source && new Map(Array.from(source, (position, i) => [position, i]));
  const wanted = target
    ? Array.from(target, (position) => detour.positions[position]!)
    : [...detour.positions];
  const indices = wanted.map((position) => (index ? index.get(position)! : position));
  return makeNode('Gather', [detour.from, additions.constant(indices)], [detour.to], { axis: detour.axis });
}

/** Applies the operator's rewrite rule and settles the shape operands it asked for. */
function rewriteNode(
  traced: TracedModel,
  coupling: Coupling,
  keep: KeepMask,
  index: number,
  node: Node,
  newShape: (value: string, size: number) => readonly number[],
  contents: ShapeContents,
  additions: Additions,
): readonly Node[] {
  const facts = factsOf(traced, index);
  const original = traced.nodes[index]!;
  const wanted = new Map<number, readonly (readonly number[])[]>();
  const followed = new Set<number>();
  const now = (input: number, size: number): readonly number[] | undefined => {
    const value = original.inputs[input] ?? '';
    return value === '' ? undefined : (contents[size]!.get(value) ?? traced.contentOf(value, size));
  };
  const context: RewriteContext = {
    ...facts,
    node,
    keptIn: (input, axis) => keptAlong(coupling, original.inputs[input] ?? '', axis, keep),
    keptOut: (output, axis) => keptAlong(coupling, original.outputs[output] ?? '', axis, keep),
    sizes: traced.sizes.length,
    newInShape: (input, size) => newShape(original.inputs[input] ?? '', size),
    newOutShape: (output, size) => newShape(original.outputs[output] ?? '', size),
    operand: (input, size) => {
      followed.add(input);
      return now(input, size);
    },
    want: (input, lists) => {
      followed.add(input);
      wanted.set(input, lists);
    },
    constant: additions.constant,
  };
  const rewritten = operatorOf(node)?.rewrite?.(context) ?? [node];
  // Shape values used as data (a count that divides a sum, say) must stay what they were in the original.
  original.inputs.forEach((value, input) => {
    if (followed.has(input) || value === '' || traced.kindOf(value) !== 'shape' || !contents[0]!.has(value))
      return;
    wanted.set(
      input,
      traced.sizes.map((_, size) => traced.contentOf(value, size)!),
    );
  });
  const [first, ...rest] = rewritten as readonly [Node, ...Node[]];
  const patches: Node[] = [];
  const inputs = [...first.inputs];
  for (const [input, lists] of wanted) {
    const value = original.inputs[input]!;
    const current = traced.sizes.map((_, size) => now(input, size) ?? []);
    if (lists.every((list, size) => same(list, current[size]!))) continue;
    const patched = patchOperand(traced, value, current, lists, `${nodeId(node)}__in${input}`, additions);
    patches.push(...patched.nodes);
    inputs[input] = patched.name;
  }
  // An untouched node stays the same object, so that its bytes stay the same too.
  return [...patches, same(inputs, first.inputs) ? first : { ...first, inputs }, ...rest];
}

const same = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((v, i) => v === b[i]);

/** A shape operand with other contents: a new constant, or arithmetic behind the computed value. */
function patchOperand(
  traced: TracedModel,
  value: string,
  current: readonly (readonly number[])[],
  wanted: readonly (readonly number[])[],
  base: string,
  additions: Additions,
): { readonly name: string; readonly nodes: readonly Node[] } {
  const type = traced.typeOf(value) ?? 'int64';
  const rank = traced.shapeOf(value)?.length;
  if (traced.kindOf(value) === 'shape') {
    const name = additions.unique(base);
    const nodes = patchShape(value, name, current, wanted, (values) =>
      additions.constant(values, type, rank),
    );
    if (nodes) return { name, nodes };
  }
  if (wanted.every((list) => same(list, wanted[0]!))) {
    return { name: additions.constant(wanted[0]!, type, rank), nodes: [] };
  }
  throw new EspalierError({
    kind: 'model',
    code: 'surgery.shape-arithmetic',
    message: `The shape '${value}' depends on the cut and on the input size in a way that cannot be patched (wanted ${wanted.map((list) => `[${list.join()}]`).join(' and ')}).`,
    hint: 'Keep the channels around it with --ignore, or export the model with static shapes.',
  });
}

/** Drops what nothing reads any more and brings declared shapes up to date; those of flat values are left out. */
function assemble(
  traced: TracedModel,
  nodes: readonly Node[],
  added: readonly Tensor[],
  newShape: (value: string, size: number) => readonly number[],
  flat: Pick<ReadonlyMap<string, unknown>, 'has'>,
): Model {
  const { graph, model } = traced;
  const alive = new Set(graph.outputs.map((output) => output.name));
  const kept: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => alive.has(name))) continue;
    kept.push(node);
    for (const name of [...node.inputs, ...capturedValues(node)]) alive.add(name);
  }
  kept.reverse();
  const produced = new Set(kept.flatMap((node) => node.outputs));
  const fresh = new Map(added.map((tensor) => [tensor.name!, tensor]));
  const own = graph.initializers.flatMap((tensor) => {
    const name = tensor.name ?? '';
    if (!alive.has(name) || produced.has(name)) return [];
    return [fresh.get(name) ?? tensor];
  });
  const taken = new Set(own.map((tensor) => tensor.name));
  const initializers = [...own, ...added.filter((t) => alive.has(t.name!) && !taken.has(t.name))];
  const dimsOf = new Map(initializers.map((tensor) => [tensor.name ?? '', tensor.dims]));
  const wasInitializer = new Set(graph.initializers.map((tensor) => tensor.name ?? ''));
  const declared = (info: ValueInfo): ValueInfo => {
    const dims = dimsOf.get(info.name) ?? (traced.shapeOf(info.name) && newShape(info.name, 0));
    const old = dimsOf.has(info.name) ? undefined : tracedShape(traced, info.name);
    if (!dims || !info.shape || info.shape.length !== dims.length) return info;
    if (dims.every((size, axis) => (old ? old[axis] : info.shape![axis]!.value) === size)) return info;
    const shape = info.shape.map((dim, axis) =>
      dim.value === undefined || (old && old[axis] === dims[axis]) ? dim : { ...dim, value: dims[axis]! },
    );
    return { ...info, shape };
  };
  return {
    ...model,
    graph: {
      ...graph,
      nodes: kept,
      initializers,
      inputs: graph.inputs
        .filter((input) => !wasInitializer.has(input.name) || dimsOf.has(input.name))
        .map((input) => (wasInitializer.has(input.name) ? declared(input) : input)),
      valueInfos: graph.valueInfos
        .filter(({ name }) => (produced.has(name) || dimsOf.has(name)) && !flat.has(name))
        .map((info) => (traced.shapeOf(info.name) ? declared(info) : info)),
    },
  };
}
