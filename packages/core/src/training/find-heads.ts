// Where a model's learning ends: the outputs of the last layers with weights, before whatever decodes them; and what the layers on the way read.
import { ancestorsOf } from '../autodiff/differentiate.ts';
import { gradientRuleOf } from '../autodiff/table.ts';
import { type TracedModel, tracedShape } from '../graph/traced-model.ts';
import type { Node } from '../onnx/model.ts';
import { elementCount } from '../onnx/tensor.ts';

/** Larger maps, as a share of the input's positions, cost more than they tell. */
const LARGEST_FEATURE = 1 / 64;

/**
 * The values that the last layers with weights make on every way to the given outputs, in graph order. A layer that reads probabilities (the fixed
 * convolution behind YOLO's distribution of box sides) belongs to the decoding.
 */
export function findHeads(
  traced: TracedModel,
  outputs: readonly string[] = traced.graph.outputs.map(({ name }) => name),
): readonly string[] {
  const heads = new Set<number>();
  const visited = new Set<number>();
  const pending = [...outputs];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const port = traced.wiring.producers.get(name);
    if (!port || visited.has(port.node) || traced.kindOf(name) !== 'activation') continue;
    visited.add(port.node);
    const node = traced.nodes[port.node]!;
    if (hasWeights(traced, node) && !readsProbabilities(traced, node)) heads.add(port.node);
    else pending.push(...node.inputs);
  }
  return [...heads].sort((a, b) => a - b).map((index) => traced.nodes[index]!.outputs[0]!);
}

/**
 * The maps [N, C, H, W] that layers with weights read on the way to `targets`, each once, in graph order: those of at most a 64th of the input's
 * positions, since the layers before them are told by what becomes of their maps.
 */
export function findFeatures(traced: TracedModel, targets: readonly string[]): readonly string[] {
  const positions = (value: string): number => elementCount(tracedShape(traced, value).slice(2));
  const most = LARGEST_FEATURE * positions(traced.inputNames[0]!);
  const read = ancestorsOf(traced, targets, new Map()).flatMap((index) => {
    const node = traced.nodes[index]!;
    const data = node.inputs[0]!;
    return hasWeights(traced, node) && traced.kindOf(data) === 'activation' ? [data] : [];
  });
  const isFeature = (value: string): boolean =>
    tracedShape(traced, value).length === 4 && positions(value) <= most;
  return [...new Set(read)].filter(isFeature);
}

/**
 * The logits behind a classifier's output: the output itself, or what goes into the Softmax that it comes out of, movements passed over.
 */
export function findLogits(traced: TracedModel, output: string): string {
  const node = producerOf(traced, output);
  if (!node || hasWeights(traced, node)) return output;
  if (gradientRuleOf(node)?.normalizesLogits) return node.inputs[0]!;
  const [only, ...others] = node.inputs.filter((name) => traced.kindOf(name) === 'activation');
  if (only === undefined || others.length > 0) return output;
  const logits = findLogits(traced, only);
  return logits === only ? output : logits;
}

function readsProbabilities(traced: TracedModel, node: Node): boolean {
  const source = producerOf(traced, node.inputs[0]!);
  if (!source || hasWeights(traced, source)) return false;
  if (gradientRuleOf(source)?.normalizesLogits) return true;
  const [only, ...others] = source.inputs.filter((name) => traced.kindOf(name) === 'activation');
  return only !== undefined && others.length === 0 && readsProbabilities(traced, source);
}

function producerOf(traced: TracedModel, value: string): Node | undefined {
  const port = traced.wiring.producers.get(value);
  return port && traced.nodes[port.node];
}

function hasWeights(traced: TracedModel, node: Node): boolean {
  return Object.keys(gradientRuleOf(node)?.parameters ?? {}).some((input) => {
    const name = node.inputs[Number(input)] ?? '';
    return name !== '' && traced.kindOf(name) === 'constant';
  });
}
