// The part of a model that training sees: what lies behind the values a loss reads, at one fixed input size.
import { EspalierError } from '../errors.ts';
import { capturedValues, wire } from '../graph/wiring.ts';
import type { Model, Node } from '../onnx/model.ts';
import { suggestName } from '../suggest-name.ts';

/**
 * The model with `targets` as its outputs, without what nothing of them depends on, its only data input declared with `dims`. Error, kind usage:
 * `train.unknown-value` for a target the model does not have.
 */
export function modelBehind(model: Model, targets: readonly string[], dims: readonly number[]): Model {
  const { graph } = model;
  const { producers } = wire(graph);
  const needed = new Set<Node>();
  const read = new Set<string>(targets);
  const pending = [...targets];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const port = producers.get(name);
    const node = port && graph.nodes[port.node]!;
    if (!node || needed.has(node)) continue;
    needed.add(node);
    for (const input of [...node.inputs, ...capturedValues(node)]) {
      read.add(input);
      pending.push(input);
    }
  }
  const weights = new Set(graph.initializers.map(({ name }) => name));
  const known = new Set([...producers.keys(), ...graph.inputs.map(({ name }) => name)]);
  const lost = targets.find((name) => !known.has(name));
  if (lost !== undefined) throw unknownValue(lost, [...producers.keys()]);
  return {
    ...model,
    graph: {
      ...graph,
      nodes: graph.nodes.filter((node) => needed.has(node)),
      initializers: graph.initializers.filter(({ name }) => read.has(name ?? '')),
      inputs: graph.inputs
        .filter(({ name }) => read.has(name))
        .map((input) =>
          weights.has(input.name) ? input : { ...input, shape: dims.map((value) => ({ value })) },
        ),
      outputs: targets.map((name) => ({ name })),
      valueInfos: [],
    },
  };
}

function unknownValue(name: string, known: readonly string[]): EspalierError {
  const near = suggestName(name, known);
  return new EspalierError({
    kind: 'usage',
    code: 'train.unknown-value',
    message: `The model has no value '${name}'.`,
    hint: `${near === undefined ? '' : `Did you mean '${near}'? `}\`espalier groups\` shows the names of values.`,
  });
}
