// Small models that time one formulation of one convolution each: what a machine's choice of formulations is measured with.
import { GraphBuilder } from '../graph/builder.ts';
import { nodeId, type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { wire } from '../graph/wiring.ts';
import type { Model } from '../onnx/model.ts';
import { factsOf } from '../ops/node-facts.ts';
import {
  type ConvolutionChoice,
  type ConvolutionShape,
  convolutionKey,
  type ForwardFormulation,
  type InputGradientFormulation,
  plainChoices,
  type WeightGradientFormulation,
} from './convolution-choices.ts';
import { ancestorsOf, differentiate, writeForward } from './differentiate.ts';
import { Emitter } from './emitter.ts';
import { convolutionShape } from './rules/conv-window.ts';
import { gradientRuleOf } from './table.ts';

/** The parts of a convolution's work that are chosen apart. */
export type ConvolutionPart = keyof ConvolutionChoice;

/** Formulations worth trying for each part; those that no runtime could run with this shape are left out. */
export interface ConvolutionCandidates {
  readonly forward: readonly ForwardFormulation[];
  readonly input: readonly InputGradientFormulation[];
  readonly weight: readonly WeightGradientFormulation[];
}

/** What can be chosen for a convolution of that shape with blocks of `block` channels (0: none). */
export function candidatesOf(shape: ConvolutionShape, block: number): ConvolutionCandidates {
  const { weight, strides, groups } = shape;
  const isPlane = weight.length === 4;
  const isDense = strides.every((s) => s === 1);
  const isDepthwise = groups > 1 && weight[1] === 1 && weight[0] === groups;
  const canBlock = block > 0 && isPlane && (groups === 1 || isDepthwise);
  return {
    forward: canBlock ? ['plain', 'blocked'] : ['plain'],
    input: [
      ...(isDense ? (['flipped'] as const) : []),
      'transposed',
      ...(canBlock ? (['blocked'] as const) : []),
    ],
    weight: isPlane && isDense && groups === 1 ? ['images', 'rows'] : ['images'],
  };
}

/** The distinct shapes of the convolutions that a training of `targets` runs, by key. */
export function convolutionShapes(
  traced: TracedModel,
  targets: readonly string[],
): ReadonlyMap<string, ConvolutionShape> {
  const shapes = new Map<string, ConvolutionShape>();
  for (const index of ancestorsOf(traced, targets, new Map())) {
    if (!gradientRuleOf(traced.nodes[index]!)?.isConvolution) continue;
    const shape = convolutionShape(factsOf(traced, index));
    shapes.set(convolutionKey(shape), shape);
  }
  return shapes;
}

/** A model that does one part of a convolution's work, with the inputs it takes; its output is one number, so that nothing big is copied out. */
export function probeModel(
  shape: ConvolutionShape,
  part: ConvolutionPart,
  choice: ConvolutionChoice,
  block: number,
): {
  readonly model: Model;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
} {
  const traced = traceOne(shape);
  const graph = new GraphBuilder({
    opset: traced.opset,
    domains: { 'com.microsoft': 1, ...(block > 0 && { 'com.microsoft.nchwc': 1 }) },
  });
  const emit = new Emitter(graph, { opset: traced.opset, contrib: true });
  const output = nodeId(traced.nodes[0]!);
  const dims = { x: shape.input, w: shape.weight, dy: tracedShape(traced, output) };
  const names =
    part === 'forward'
      ? (['x', 'w'] as const)
      : part === 'input'
        ? (['w', 'dy'] as const)
        : (['x', 'dy'] as const);
  const given = new Map(names.map((name) => [name as string, graph.input(name, dims[name])]));
  const choices = { block, choose: () => choice };
  const wanted = part === 'input' ? 'x' : 'w';
  const result =
    part === 'forward'
      ? writeForward({ traced, emit, choices, targets: [output], given }).values.get(output)!
      : differentiate(
          {
            traced,
            emit,
            choices,
            normalization: 'running',
            values: given,
            nodes: [0],
            written: new Map([[0, { outputs: [output] }]]),
          },
          new Map([[output, given.get('dy')!]]),
          new Set([wanted]),
        ).get(wanted)!;
  const axes = dims[part === 'forward' ? 'dy' : wanted].map((_, axis) => axis);
  graph.output(emit.reduceMax(result, axes));
  return { model: graph.model(), inputs: Object.fromEntries(names.map((name) => [name, dims[name]])) };
}

/** A traced model of one convolution, made without an engine. */
function traceOne({ input, weight, strides, dilations, pads, groups }: ConvolutionShape): TracedModel {
  const graph = new GraphBuilder({ opset: 17 });
  const x = graph.input('x', input);
  const w = graph.input('w', weight);
  const y = graph.node('Conv', [x, w], { strides, dilations, pads, group: groups });
  graph.output(y);
  const model = graph.model();
  const rank = strides.length;
  const spatial = strides.map((stride, axis) => {
    const window = (weight[axis + 2]! - 1) * dilations[axis]! + 1;
    return Math.floor((input[axis + 2]! + pads[axis]! + pads[axis + rank]! - window) / stride) + 1;
  });
  const shapes = new Map([
    ['x', input],
    ['w', weight],
    [y, [input[0]!, weight[0]!, ...spatial]],
  ]);
  return {
    model,
    graph: model.graph,
    nodes: model.graph.nodes,
    wiring: wire(model.graph),
    opset: 17,
    inputNames: ['x', 'w'],
    sizes: [],
    notes: [],
    kindOf: () => 'activation',
    shapeOf: (value) => shapes.get(value),
    constantOf: () => undefined,
    contentOf: () => undefined,
    typeOf: () => undefined,
  };
}

/** A model that tells whether the runtime's blocked convolution works in blocks of that many channels: it then hands out what `plain` does. */
export function blockProbe(block: number): {
  readonly blocked: Model;
  readonly plain: Model;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
} {
  const shape: ConvolutionShape = {
    input: [1, 32, 3, 3],
    weight: [16, 32, 3, 3],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [1, 1, 1, 1],
    groups: 1,
  };
  const choice: ConvolutionChoice = { forward: 'blocked', input: 'blocked', weight: 'images' };
  const blocked = probeModel(shape, 'forward', choice, block);
  const plain = probeModel(shape, 'forward', plainChoices.choose(shape), 0);
  return { blocked: blocked.model, plain: plain.model, inputs: plain.inputs };
}
