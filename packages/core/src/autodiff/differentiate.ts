// Reverse-mode differentiation as a graph rewrite: the forward pass is written once, then one sweep from the losses back to the
// parameters asks each operator's rule for the nodes of its gradient (Automatic Differentiation in Machine Learning: a Survey, 2018).
import { EspalierError } from '../errors.ts';
import { nodeId, type TracedModel, tracedShape } from '../graph/traced-model.ts';
import { capturedValues } from '../graph/wiring.ts';
import type { Node } from '../onnx/model.ts';
import { dataTypeOf, elementCount } from '../onnx/tensor.ts';
import { factsOf } from '../ops/node-facts.ts';
import type { ConvolutionChoices } from './convolution-choices.ts';
import type { Emitter } from './emitter.ts';
import type {
  GradientContext,
  GradientRule,
  Normalization,
  RuleContext,
  WrittenNode,
} from './gradient-rule.ts';
import { gradientRuleOf } from './table.ts';

/** A forward pass as it was written, for the sweep back. */
export interface ForwardPass {
  readonly traced: TracedModel;
  readonly emit: Emitter;
  readonly choices: ConvolutionChoices;
  readonly normalization: Normalization;
  /** Names in the written graph, by name in the traced model. */
  readonly values: ReadonlyMap<string, string>;
  /** Index of every written node, ascending. */
  readonly nodes: readonly number[];
  /** What each rule's `forward` wrote, by node index. */
  readonly written: ReadonlyMap<number, WrittenNode>;
}

/** What a forward pass is written from. */
export interface ForwardOptions {
  readonly traced: TracedModel;
  readonly emit: Emitter;
  readonly choices: ConvolutionChoices;
  /** The values wanted; only what they depend on is written. */
  readonly targets: readonly string[];
  /** Values that exist in the written graph already: its inputs, its parameters. */
  readonly given: ReadonlyMap<string, string>;
  /** Whose statistics batch normalizations use, default `running`. */
  readonly normalization?: Normalization;
}

/**
 * Writes the nodes behind `targets` at the model's first traced size. Constants and shape arithmetic become initializers. Error, kind model:
 * `autodiff.unknown-constant` for a constant that was not evaluated.
 */
export function writeForward({
  traced,
  emit,
  choices,
  targets,
  given,
  normalization = 'running',
}: ForwardOptions): ForwardPass {
  const nodes = ancestorsOf(traced, targets, given);
  const values = new Map(given);
  const written = new Map<number, WrittenNode>();
  const nameOf = (name: string): string => {
    if (name === '') return '';
    const known = values.get(name);
    if (known !== undefined) return known;
    const value = writeConstant(traced, emit, name);
    values.set(name, value);
    return value;
  };
  for (const index of nodes) {
    const node = traced.nodes[index]!;
    const context = openRule({ traced, emit, choices, normalization }, index, nameOf);
    const result = gradientRuleOf(node)?.forward?.(context) ?? copyNode(emit, node, nameOf);
    written.set(index, result);
    node.outputs.forEach((name, i) => {
      if (name !== '') values.set(name, result.outputs[i]!);
    });
  }
  return { traced, emit, choices, normalization, values, nodes, written };
}

/**
 * Writes the gradients of a loss: `seeds` holds the gradient of the loss with respect to values of the traced model, the result that with
 * respect to the values `wrt` it depends on. Error, kind model: `autodiff.no-rule`, which names the node; call `checkDifferentiable`
 * first to hear of it before any work.
 */
export function differentiate(
  forward: ForwardPass,
  seeds: ReadonlyMap<string, string>,
  wrt: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const { traced, emit, values, nodes, written } = forward;
  const active = activeValues(forward, wrt);
  const gradients = new Map<string, string>(seeds);
  const accumulate = (name: string, gradient: string): void => {
    const before = gradients.get(name);
    gradients.set(name, before === undefined ? gradient : emit.add(before, gradient));
  };
  for (const index of nodes.toReversed()) {
    const node = traced.nodes[index]!;
    if (!node.outputs.some((name) => gradients.has(name))) continue;
    if (!node.inputs.some((name) => active.has(name))) continue;
    const rule = requireRule(traced, index);
    const context: GradientContext = {
      ...openRule(forward, index, (name) => values.get(name) ?? ''),
      output: (i = 0) => values.get(node.outputs[i] ?? '') ?? '',
      gradient: (i = 0) => gradients.get(node.outputs[i] ?? ''),
      saved: (name) => written.get(index)!.saved![name]!,
    };
    const thunks = rule.backward(context);
    node.inputs.forEach((name, i) => {
      const thunk = thunks[i];
      if (thunk && active.has(name)) accumulate(name, thunk());
    });
  }
  return new Map([...gradients].filter(([name]) => wrt.has(name)));
}

/**
 * Checks before any work that every node between the parameters and the targets has a gradient rule. Error, kind model: `autodiff.no-rule`,
 * which names the first node without one and what lies behind it.
 */
export function checkDifferentiable(
  traced: TracedModel,
  targets: readonly string[],
  wrt: ReadonlySet<string>,
): void {
  const active = new Set(wrt);
  for (const index of ancestorsOf(traced, targets, new Map())) {
    const node = traced.nodes[index]!;
    if (!readsOf(node).some((name) => active.has(name))) continue;
    if (requireRule(traced, index).flat) continue;
    for (const name of node.outputs) active.add(name);
  }
}

/** Indices of the activation nodes that the targets depend on, ascending; what is given ends the search. */
export function ancestorsOf(
  traced: TracedModel,
  targets: readonly string[],
  given: ReadonlyMap<string, string>,
): readonly number[] {
  const found = new Set<number>();
  const pending = [...targets];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || given.has(name) || traced.kindOf(name) !== 'activation') continue;
    const port = traced.wiring.producers.get(name);
    if (!port || found.has(port.node)) continue;
    found.add(port.node);
    pending.push(...readsOf(traced.nodes[port.node]!));
  }
  return [...found].sort((a, b) => a - b);
}

/** What a node reads: its inputs, and what its subgraphs take from outside. */
const readsOf = (node: Node): readonly string[] => [...node.inputs, ...capturedValues(node)];

function activeValues({ traced, nodes }: ForwardPass, wrt: ReadonlySet<string>): ReadonlySet<string> {
  const active = new Set(wrt);
  for (const index of nodes) {
    const node = traced.nodes[index]!;
    if (gradientRuleOf(node)?.flat || !node.inputs.some((name) => active.has(name))) continue;
    for (const name of node.outputs) active.add(name);
  }
  return active;
}

function openRule(
  {
    traced,
    emit,
    choices,
    normalization,
  }: Pick<ForwardPass, 'traced' | 'emit' | 'choices' | 'normalization'>,
  index: number,
  nameOf: (name: string) => string,
): RuleContext {
  const facts = factsOf(traced, index);
  return { ...facts, emit, choices, normalization, input: (i) => nameOf(facts.node.inputs[i] ?? '') };
}

function copyNode(emit: Emitter, node: Node, nameOf: (name: string) => string): WrittenNode {
  const copy = { ...node, inputs: node.inputs.map(nameOf) };
  emit.graph.adopt([], [copy]);
  return { outputs: node.outputs };
}

/** A constant or shape value, spelled out. */
function writeConstant(traced: TracedModel, emit: Emitter, name: string): string {
  const array = traced.kindOf(name) === 'constant' ? traced.constantOf(name) : undefined;
  if (array) return emit.constant(array);
  const content = traced.contentOf(name);
  const dims = tracedShape(traced, name);
  if (content === undefined || content.length !== elementCount(dims)) {
    throw new EspalierError({
      kind: 'model',
      code: 'autodiff.unknown-constant',
      message: `The value '${name}' is computed from shapes alone and too large to be known, so no training graph can be written.`,
      hint: 'Export the model with static shapes.',
    });
  }
  const type = traced.typeOf(name) ?? 'int64';
  const data = type === 'int64' ? BigInt64Array.from(content, BigInt) : Float32Array.from(content);
  const value = emit.constant({ type: type === 'int64' ? type : 'float32', dims, data });
  return type === 'int64' || type === 'float32' ? value : emit.op('Cast', [value], { to: dataTypeOf(type) });
}

function requireRule(traced: TracedModel, index: number): GradientRule {
  const node = traced.nodes[index]!;
  const rule = gradientRuleOf(node);
  const problem = rule ? rule.unsupported?.(factsOf(traced, index)) : 'is an operator without one';
  if (rule && problem === undefined) return rule;
  throw new EspalierError({
    kind: 'model',
    code: 'autodiff.no-rule',
    message: `There is no gradient for the node '${nodeId(node)}': the ${node.opType} ${problem}, and parameters lie behind it.`,
    hint: 'Freeze the layers before it with --freeze, or match values that lie before it with --match.',
  });
}
