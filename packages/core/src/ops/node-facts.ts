// The facts that every rule may read about a node, taken from the trace.
import { type TracedModel, tracedShape } from '../graph/traced-model.ts';
import type { NodeFacts } from './operator.ts';

/** Facts of the node with that index. */
export function factsOf(traced: TracedModel, index: number): NodeFacts {
  const node = traced.nodes[index]!;
  const name = (input: number): string => node.inputs[input] ?? '';
  return {
    traced,
    node,
    index,
    opset: traced.opset,
    kind: (input) => (name(input) === '' ? 'absent' : traced.kindOf(name(input))),
    inShape: (input) => tracedShape(traced, name(input)),
    outShape: (output) => tracedShape(traced, node.outputs[output] ?? ''),
    content: (input) => (name(input) === '' ? undefined : traced.contentOf(name(input))),
  };
}
