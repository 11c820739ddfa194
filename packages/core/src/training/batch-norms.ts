// Batch normalizations put back: exports fold them into the convolutions before them, but training needs them. They are made again from the
// statistics that the convolutions' outputs have on some pictures, so that the function stays what it was, and folded again afterwards.
import { ancestorsOf } from '../autodiff/differentiate.ts';
import { gradientRuleOf } from '../autodiff/table.ts';
import { makeNode } from '../graph/attributes.ts';
import { nodeId, type TracedModel, tracedShape } from '../graph/traced-model.ts';
import type { Model, Node, Tensor } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount, makeTensor, toFloat32 } from '../onnx/tensor.ts';

/** Mean and variance of every channel of a value, over batch and positions. */
export interface ChannelMoments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** What is added to a variance before its root is taken, as in PyTorch. */
const EPSILON = 1e-5;

/**
 * The convolutions behind `targets` that were probably followed by a batch normalization, by the name of their output: their weights are
 * constants of their own, their output has room to vary (more than one position) and is read only by activations, sums and other
 * convolutions, never by a target, a head or a normalization.
 */
export function findFoldedNorms(traced: TracedModel, targets: readonly string[]): readonly string[] {
  const heads = new Set([...targets, ...traced.graph.outputs.map(({ name }) => name)]);
  return ancestorsOf(traced, targets, new Map()).flatMap((index) => {
    const node = traced.nodes[index]!;
    const [, weight = '', bias = ''] = node.inputs;
    const output = nodeId(node);
    const isOwn = (name: string): boolean =>
      name === '' || (traced.kindOf(name) === 'constant' && traced.wiring.consumers.get(name)?.length === 1);
    const isNormal =
      gradientRuleOf(node)?.normalized === true &&
      weight !== '' &&
      isOwn(weight) &&
      isOwn(bias) &&
      !heads.has(output);
    if (!isNormal || elementCount(tracedShape(traced, output).slice(2)) === 1) return [];
    const readers = (traced.wiring.consumers.get(output) ?? []).map((port) => traced.nodes[port.node]!);
    return readers.length > 0 && readers.every((reader) => gradientRuleOf(reader)?.readsNormalized)
      ? [output]
      : [];
  });
}

/** The model with the moments of the given values as outputs: `NAME__mean` and `NAME__variance`, vectors of a channel each. */
export function momentsModel(traced: TracedModel, values: readonly string[]): Model {
  const { model, graph, opset } = traced;
  const nodes: Node[] = [];
  const initializers: Tensor[] = [];
  const reduce = (input: string, output: string, axes: readonly number[]): Node => {
    if (opset < 18) return makeNode('ReduceMean', [input], [output], { axes, keepdims: 0 });
    const name = `${output}__axes`;
    initializers.push(
      makeTensor(name, { type: 'int64', dims: [axes.length], data: BigInt64Array.from(axes, BigInt) }),
    );
    return makeNode('ReduceMean', [input, name], [output], { keepdims: 0 });
  };
  for (const value of values) {
    const dims = tracedShape(traced, value);
    const axes = dims.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
    const shape = `${value}__per-channel`;
    const column = [dims[1]!, ...dims.slice(2).map(() => 1)];
    initializers.push(
      makeTensor(shape, { type: 'int64', dims: [column.length], data: BigInt64Array.from(column, BigInt) }),
    );
    nodes.push(
      reduce(value, `${value}__mean`, axes),
      makeNode('Reshape', [`${value}__mean`, shape], [`${value}__column`]),
      makeNode('Sub', [value, `${value}__column`], [`${value}__centred`]),
      makeNode('Mul', [`${value}__centred`, `${value}__centred`], [`${value}__squared`]),
      reduce(`${value}__squared`, `${value}__variance`, axes),
    );
  }
  const outputs = values.flatMap((value) => [{ name: `${value}__mean` }, { name: `${value}__variance` }]);
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [...graph.nodes, ...nodes],
      initializers: [...graph.initializers, ...initializers],
      outputs,
      valueInfos: [],
    },
  };
}

/** Moments over several batches of one size, from those of each. */
export function combineMoments(batches: readonly ChannelMoments[]): ChannelMoments {
  const count = batches.length;
  const average = (of: (moments: ChannelMoments) => Float64Array): Float64Array =>
    batches[0]!.mean.map((_, c) => batches.reduce((sum, batch) => sum + of(batch)[c]!, 0) / count);
  const mean = average((batch) => batch.mean);
  const within = average((batch) => batch.variance);
  const variance = within.map(
    (value, c) => value + batches.reduce((sum, batch) => sum + (batch.mean[c]! - mean[c]!) ** 2, 0) / count,
  );
  return { mean, variance };
}

/** A batch normalization that was put back, and the names of its constants. */
export interface RestoredNorm {
  /** The convolution's output in the original, which is the normalization's output now. */
  readonly output: string;
  readonly weight: string;
  readonly scale: string;
  readonly bias: string;
  readonly mean: string;
  readonly variance: string;
}

/** A model with batch normalizations put back. */
export interface RestoredModel {
  readonly model: Model;
  readonly norms: readonly RestoredNorm[];
}

/**
 * Puts a batch normalization behind each convolution whose output's moments are given. The model computes what it did (to rounding) as long
 * as the statistics stay what they are. Weights are divided by the spread of their outputs, so that learning rates mean the same
 * everywhere.
 */
export function restoreBatchNorms(
  traced: TracedModel,
  moments: ReadonlyMap<string, ChannelMoments>,
): RestoredModel {
  const { model, graph } = traced;
  const norms: RestoredNorm[] = [];
  const added: Tensor[] = [];
  const constant = (name: string, dims: readonly number[], data: Float32Array): string => {
    added.push(makeTensor(name, { type: 'float32', dims, data }));
    return name;
  };
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const output = nodeId(node);
    const found = moments.get(output);
    if (!found) return [node];
    const { weight, channels, spread } = normalizeWeight(traced, node, found);
    const bias = node.inputs[2] ? toFloat32(traced.constantOf(node.inputs[2])!) : new Float32Array(channels);
    const name = (part: string): string => `${output}__bn-${part}`;
    const vector = (part: string, at: (channel: number) => number): string =>
      constant(
        name(part),
        [channels],
        Float32Array.from({ length: channels }, (_, c) => at(c)),
      );
    const variance = (c: number): number => found.variance[c]! / spread ** 2;
    const norm: RestoredNorm = {
      output,
      weight: constant(name('weight'), weight.dims, weight.data),
      scale: vector('scale', (c) => spread * Math.sqrt(variance(c) + EPSILON)),
      bias: vector('bias', (c) => found.mean[c]!),
      mean: vector('mean', (c) => (found.mean[c]! - bias[c]!) / spread),
      variance: vector('variance', variance),
    };
    norms.push(norm);
    const raw = name('input');
    return [
      { ...node, inputs: [node.inputs[0]!, norm.weight], outputs: node.outputs.with(0, raw) },
      {
        ...makeNode('BatchNormalization', [raw, norm.scale, norm.bias, norm.mean, norm.variance], [output], {
          epsilon: EPSILON,
        }),
        // Some exporters name a node as its output, which the convolution made until now.
        name: name('norm'),
      },
    ];
  });
  return {
    model: {
      ...model,
      graph: { ...graph, nodes, initializers: [...graph.initializers, ...added], valueInfos: [] },
    },
    norms,
  };
}

/** Weight and bias of the convolution in which a restored normalization is folded again. */
export function foldNorm(
  norm: RestoredNorm,
  read: (value: string) => NdArray,
): { readonly weight: NdArray; readonly bias: NdArray } {
  const weight = read(norm.weight);
  const [scale, bias, mean, variance] = [norm.scale, norm.bias, norm.mean, norm.variance].map((value) =>
    toFloat32(read(value)),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const factors = scale.map((each, c) => each / Math.sqrt(variance[c]! + EPSILON));
  const row = weight.data.length / factors.length;
  const data = toFloat32(weight).map((value, i) => value * factors[Math.floor(i / row)]!);
  const shifted = bias.map((each, c) => each - mean[c]! * factors[c]!);
  return {
    weight: { type: 'float32', dims: weight.dims, data },
    bias: { type: 'float32', dims: [shifted.length], data: shifted },
  };
}

function normalizeWeight(
  traced: TracedModel,
  node: Node,
  { variance }: ChannelMoments,
): {
  readonly weight: NdArray & { readonly data: Float32Array };
  readonly channels: number;
  readonly spread: number;
} {
  const weight = traced.constantOf(node.inputs[1]!)!;
  const average = variance.reduce((sum, each) => sum + each, 0) / variance.length;
  const spread = Math.sqrt(average) || 1;
  const data = toFloat32(weight).map((value) => value / spread);
  return { weight: { type: 'float32', dims: weight.dims, data }, channels: weight.dims[0]!, spread };
}
