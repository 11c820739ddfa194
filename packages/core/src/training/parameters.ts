// What training may change: the float constants that an operator's gradient rule names as parameters, laid out in one vector.
import { ancestorsOf } from '../autodiff/differentiate.ts';
import type { DecayKind } from '../autodiff/gradient-rule.ts';
import { gradientRuleOf } from '../autodiff/table.ts';
import { EspalierError } from '../errors.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { Node } from '../onnx/model.ts';
import { elementCount, toFloat32 } from '../onnx/tensor.ts';
import { matchesPattern } from '../plan/limits.ts';

/** One trainable constant and its place in the vector of all parameters. */
export interface Parameter {
  /** Name of the value in the model. */
  readonly value: string;
  readonly dims: readonly number[];
  /** First element in the vector, and how many there are. */
  readonly offset: number;
  readonly size: number;
  readonly decay: DecayKind;
}

/** What is left alone. */
export interface FreezeOptions {
  /** Patterns of node names (`*` stands for any text) whose parameters stay as they are. */
  readonly freeze?: readonly string[];
}

/**
 * The parameters behind `targets`, those of the last node first: gradients come in that order, so that none has to wait for all others. A
 * constant that a frozen layer shares with others stays as it is.
 * Error, kind usage: `train.unknown-layer` for a pattern that matches no layer; `train.nothing-to-train` when nothing is left.
 */
export function findParameters(
  traced: TracedModel,
  targets: readonly string[],
  { freeze = [] }: FreezeOptions = {},
): readonly Parameter[] {
  const found = new Map<string, DecayKind>();
  const matched = new Set<string>();
  const held = new Set<string>();
  for (const index of ancestorsOf(traced, targets, new Map()).toReversed()) {
    const node = traced.nodes[index]!;
    const ruled = Object.entries(gradientRuleOf(node)?.parameters ?? {});
    const trainable = ruled.filter(([input]) => isFloatConstant(traced, node.inputs[Number(input)] ?? ''));
    if (trainable.length === 0) continue;
    const hits = frozenBy(node, freeze);
    for (const pattern of hits) matched.add(pattern);
    for (const [input, decay] of trainable) {
      const value = node.inputs[Number(input)]!;
      if (hits.length > 0) held.add(value);
      else found.set(value, decay);
    }
  }
  for (const value of held) found.delete(value);
  const idle = freeze.find((pattern) => !matched.has(pattern));
  if (idle !== undefined) throw unknownLayer(idle);
  if (found.size === 0) throw nothingToTrain(freeze);
  let offset = 0;
  return [...found].map(([value, decay]) => {
    const dims = traced.shapeOf(value)!;
    const size = elementCount(dims);
    const parameter = { value, dims, offset, size, decay };
    offset += size;
    return parameter;
  });
}

/** Length of the vector of all parameters. */
export function countParameters(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, { size }) => sum + size, 0);
}

/** The vector of the values that parameters have in a model. */
export function readParameters(
  traced: Pick<TracedModel, 'constantOf'>,
  parameters: readonly Parameter[],
): Float32Array {
  const vector = new Float32Array(countParameters(parameters));
  for (const { value, offset } of parameters) vector.set(toFloat32(traced.constantOf(value)!), offset);
  return vector;
}

/** The patterns that hold a node, by its name or that of its first output. */
export function frozenBy(node: Node, freeze: readonly string[]): readonly string[] {
  const names = [nodeId(node), ...(node.name ? [node.name] : [])];
  return freeze.filter((pattern) => names.some((name) => matchesPattern(pattern, name)));
}

function isFloatConstant(traced: TracedModel, name: string): boolean {
  if (name === '' || traced.kindOf(name) !== 'constant') return false;
  return traced.typeOf(name) === 'float32';
}

function unknownLayer(pattern: string): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'train.unknown-layer',
    message: `The pattern '${pattern}' to freeze matches no layer with parameters.`,
    hint: '`espalier inspect` lists the layers.',
  });
}

function nothingToTrain(freeze: readonly string[]): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'train.nothing-to-train',
    message:
      freeze.length > 0
        ? `Nothing is left to train: --freeze holds every layer (${freeze.join(', ')}).`
        : 'The model has no float32 parameters that training could change.',
    hint: 'Freeze fewer layers, or convert the weights to float32.',
  });
}
