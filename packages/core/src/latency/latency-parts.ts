// A model seen as what takes time: its layers, each with the element-wise nodes that a runtime may fuse with it, and everything else,
// which mostly moves bytes. And how large all of it is once a choice of channels is made.
import { branchRemains } from '../coupling/branches.ts';
import type { AxisLabels, Coupling } from '../coupling/coupling.ts';
import { type KeepMask, stays } from '../coupling/survivors.ts';
import { intAttribute, subgraphsOf } from '../graph/attributes.ts';
import { nodeId, type TracedModel, tracedShape } from '../graph/traced-model.ts';
import type { KernelLayout } from '../labels/channel-use.ts';
import type { Attribute, Node } from '../onnx/model.ts';
import { elementCount } from '../onnx/tensor.ts';
import { operatorOf } from '../ops/table.ts';

/** A layer and the element-wise nodes right behind it. */
export interface LatencyUnit {
  /** Index of the layer's node. */
  readonly layer: number;
  /** Name of the layer's first output. */
  readonly name: string;
  /** Indices of the nodes behind it that read nothing else and keep its shape, in the order of the graph. */
  readonly tail: readonly number[];
  /** The one activation that the layer reads. */
  readonly input: string;
  /** Units of one kind differ in nothing but their widths: operator, kernel, attributes, map size, tail. */
  readonly kind: string;
}

/** Channels of a unit: what arrives and what leaves. */
export interface UnitWidths {
  readonly inputs: number;
  readonly outputs: number;
}

/** What a choice of channels leaves to do. */
export interface LatencySizes {
  /** One per unit. */
  readonly widths: readonly UnitWidths[];
  /** Bytes that the nodes outside of units read and write. */
  readonly movedBytes: number;
  /** Bytes of values between units whose channels fill no whole number of steps: blocked layouts give way there, and values are laid out anew. */
  readonly raggedBytes: number;
  /** Bytes that nodes read and write which a branch came into that is gone: before, runtimes did their work with the layer that closed it. */
  readonly bereftBytes: number;
}

/** A model divided into {@link LatencyUnit}s and the rest. */
export interface LatencyParts {
  readonly units: readonly LatencyUnit[];
  sizes(keep: KeepMask): LatencySizes;
}

/** Divides a model for a device whose stairs have this step. Sizes are those of the first traced size. */
export function divideForLatency(traced: TracedModel, coupling: Coupling, step: number): LatencyParts {
  const kernels = new Map(
    coupling.uses.flatMap(({ node, input, kernel }) => (kernel ? [[node, { input, kernel }] as const] : [])),
  );
  const units = [...kernels.keys()]
    .sort((a, b) => a - b)
    .flatMap((layer) => {
      const unit = unitOf(traced, coupling, layer, kernels.get(layer)!);
      return unit ? [unit] : [];
    });
  const covered = new Set(units.flatMap(({ layer, tail }) => [layer, ...tail]));
  const moved = traced.nodes.flatMap((node, index) =>
    covered.has(index) ? [] : [...activationInputs(traced, node), ...activations(traced, node.outputs)],
  );
  const between = [
    ...new Set([
      ...moved,
      ...units.flatMap(({ layer, tail, input }) => [input, nodeId(traced.nodes[tail.at(-1) ?? layer]!)]),
    ]),
  ];
  const countSizes = prepareCounts(traced, coupling);
  return {
    units,
    sizes: (keep) => {
      const count = countSizes(keep);
      const widths = units.map(({ name, input }) => ({
        inputs: count.channels(input),
        outputs: count.channels(name),
      }));
      const bytesOf = (values: readonly string[]): number =>
        4 * values.reduce((sum, value) => sum + count.elements(value), 0);
      const { flat, joints } = branchRemains(traced, coupling, keep);
      const bereft = new Set(joints.map(({ node }) => node));
      return {
        widths,
        movedBytes: bytesOf(moved.filter((value) => !flat.has(value))),
        raggedBytes: bytesOf(between.filter((value) => count.channels(value) % step !== 0)),
        bereftBytes: 2 * bytesOf([...bereft].flatMap((node) => traced.nodes[node]!.outputs)),
      };
    },
  };
}

interface Weight {
  readonly input: number;
  readonly kernel: KernelLayout;
}

function unitOf(
  traced: TracedModel,
  coupling: Coupling,
  layer: number,
  { input: slot, kernel }: Weight,
): LatencyUnit | undefined {
  const node = traced.nodes[layer]!;
  const [input, ...others] = activationInputs(traced, node);
  const output = nodeId(node);
  if (input === undefined || others.length > 0 || !operatorOf(node)?.macs) return undefined;
  if (traced.kindOf(output) !== 'activation' || node.outputs.length !== 1) return undefined;
  const tail = tailOf(traced, layer);
  const weight = tracedShape(traced, node.inputs[slot]!);
  const dims = tracedShape(traced, input);
  const axis = channelAxis(coupling, input, dims);
  const groups = intAttribute(node, 'group', 1);
  const kind = [
    node.opType,
    kernel.spatial.map((at) => weight[at]!).join('x'),
    // A depthwise layer has as many groups as channels, whatever their number.
    groups > 1 && groups === dims[axis] ? 'depthwise' : `${groups} groups`,
    dims.map((size, at) => (at === axis ? '*' : size)).join('x'),
    ...describeAttributes(node.attributes.filter(({ name }) => name !== 'group')),
    ...tail.map((at) => traced.nodes[at]!.opType),
  ];
  return { layer, name: output, tail, input, kind: kind.filter((part) => part !== '').join(' ') };
}

/** Nodes of known operators behind a layer that read its values alone and keep their shape. */
function tailOf(traced: TracedModel, layer: number): readonly number[] {
  const output = nodeId(traced.nodes[layer]!);
  const shape = String(tracedShape(traced, output));
  const values = new Set([output]);
  const tail: number[] = [];
  for (let index = layer + 1; index < traced.nodes.length; index++) {
    const node = traced.nodes[index]!;
    const read = activationInputs(traced, node);
    if (read.length === 0 || !read.every((value) => values.has(value))) continue;
    const keepsShape = node.outputs.length === 1 && String(traced.shapeOf(node.outputs[0]!)) === shape;
    if (!keepsShape || subgraphsOf(node).length > 0) continue;
    const operator = operatorOf(node);
    if (!operator || operator.macs) continue;
    values.add(node.outputs[0]!);
    tail.push(index);
  }
  return tail;
}

function activations(traced: TracedModel, names: readonly string[]): readonly string[] {
  return names.filter((name) => name !== '' && traced.kindOf(name) === 'activation' && traced.shapeOf(name));
}

function activationInputs(traced: TracedModel, node: Node): readonly string[] {
  return activations(traced, node.inputs);
}

/** The axis that carries channels: the one with labels, else the second. */
function channelAxis(coupling: Coupling, value: string, dims: readonly number[]): number {
  return coupling.values.get(value)?.[0]?.axis ?? Math.min(1, dims.length - 1);
}

function describeAttributes(attributes: readonly Attribute[]): readonly string[] {
  return [...attributes]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, int, ints, float, string }) => `${name}=${ints ?? int ?? float ?? decoder.decode(string)}`);
}

const decoder = new TextDecoder();

/** Sizes of values under a choice; label vectors that several values share are counted once. */
interface SizeCount {
  channels(value: string): number;
  elements(value: string): number;
}

interface ValueSize {
  readonly channelAxis: number;
  readonly dims: readonly number[];
  /** Labels of the axes that have any. */
  readonly labelled: readonly AxisLabels[];
}

/** Prepares {@link SizeCount}s: what does not depend on the choice is looked up once. */
function prepareCounts(traced: TracedModel, coupling: Coupling): (keep: KeepMask) => SizeCount {
  const known = new Map<string, ValueSize>();
  const sizeOf = (value: string): ValueSize => {
    let size = known.get(value);
    if (!size) {
      const dims = tracedShape(traced, value);
      size = {
        channelAxis: channelAxis(coupling, value, dims),
        dims,
        labelled: firstPerAxis(coupling.values.get(value) ?? []),
      };
      known.set(value, size);
    }
    return size;
  };
  return (keep) => {
    const counts = new Map<Int32Array, number>();
    const count = (labels: Int32Array): number => {
      let kept = counts.get(labels);
      if (kept === undefined) {
        kept = labels.reduce((sum, label) => sum + (stays(keep, label) ? 1 : 0), 0);
        counts.set(labels, kept);
      }
      return kept;
    };
    return {
      channels: (value) => {
        const { channelAxis: axis, dims, labelled } = sizeOf(value);
        const labels = labelled.find((entry) => entry.axis === axis)?.labels;
        return labels ? count(labels) : dims[axis]!;
      },
      elements: (value) => {
        const { dims, labelled } = sizeOf(value);
        return labelled.reduce(
          (size, { labels }) => (size * count(labels)) / labels.length,
          elementCount(dims),
        );
      },
    };
  };
}

/** Where several vectors label one axis they hardly ever differ in how much they keep: the first stands for all. */
function firstPerAxis(labels: readonly AxisLabels[]): readonly AxisLabels[] {
  return labels.filter((entry, index) => labels.findIndex(({ axis }) => axis === entry.axis) === index);
}
