// The coupling analysis: one walk over the graph in execution order, each operator's rule reading the labels of its inputs
// and naming those of its outputs; then the ledger is read out as plain data.

import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import { capturedValues } from '../graph/wiring.ts';
import { compress, extentAxes, type LabelTensor } from '../labels/label-tensor.ts';
import type { Node } from '../onnx/model.ts';
import { factsOf } from '../ops/node-facts.ts';
import type { CouplingContext } from '../ops/operator.ts';
import { operatorOf } from '../ops/table.ts';
import type { Coupling } from './coupling.ts';
import type { DraftConstraint, DraftUse } from './draft.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { readOut } from './read-out.ts';

/**
 * Finds what is tied to what in a traced model. Never fails on a valid model: what cannot be followed is frozen, with the node and the reason.
 */
export function analyseCoupling(traced: TracedModel): Coupling {
  const ledger = openLedger();
  const labels = new Map<string, readonly LabelTensor[]>();
  const uses: DraftUse[] = [];
  const constraints: DraftConstraint[] = [];
  traced.nodes.forEach((node, index) => {
    if (node.outputs.every((name) => name === '' || traced.kindOf(name) !== 'activation')) return;
    const context = openContext(traced, node, index, labels, ledger, uses, constraints);
    const outputs = coupleNode(context);
    node.outputs.forEach((name, i) => {
      if (name === '') return;
      const varies = (tensor: LabelTensor): boolean => extentAxes(tensor).length > 0;
      const tensors = (outputs[i] ?? []).filter(varies);
      const single = (outputs[i] ?? []).filter((tensor) => !varies(tensor));
      context.freeze(single, 'picks a single channel, which must stay');
      if (tensors.length > 0) labels.set(name, tensors);
    });
  });
  for (const { name } of traced.graph.outputs) {
    const reason = ledger.reason({ node: -1, opType: '', value: name, text: 'is an output of the model' });
    for (const tensor of labels.get(name) ?? []) ledger.freezeAll(tensor.data, reason);
  }
  return readOut(traced, { labels, uses, constraints, ledger });
}

function coupleNode(c: CouplingContext): readonly (readonly LabelTensor[])[] {
  const rule = operatorOf(c.node);
  const captured = [...capturedValues(c.node)];
  if (captured.length > 0 || (!rule?.couple && !rule?.move)) {
    const text = captured.length > 0 ? 'has a body that captures them' : 'has no coupling rule';
    c.node.inputs.forEach((_, input) => {
      c.freeze(c.labels(input), text, input);
    });
    for (const name of captured) c.freeze(c.labelsOf(name), text);
    return [];
  }
  if (rule.couple) return rule.couple(c);
  for (let input = 1; input < c.node.inputs.length; input++) {
    c.freeze(c.labels(input), 'reads them as positions', input);
  }
  const outputs: LabelTensor[][] = c.node.outputs.map(() => []);
  for (const tensor of c.labels(0)) {
    const moved = rule.move!(c, tensor);
    if (!moved) c.freeze([tensor], 'moves channels in a way that is not followed');
    moved?.forEach((result, i) => {
      outputs[i]!.push(extentAxes(result).length > 1 ? compress(result) : result);
    });
  }
  return outputs;
}

function openContext(
  traced: TracedModel,
  node: Node,
  index: number,
  labels: ReadonlyMap<string, readonly LabelTensor[]>,
  ledger: Ledger,
  uses: DraftUse[],
  constraints: DraftConstraint[],
): CouplingContext {
  const name = (input: number): string => node.inputs[input] ?? '';
  const because = (text: string, input = 0): number =>
    ledger.reason({ node: index, opType: node.opType, value: name(input) || nodeId(node), text });
  const unlabelled = (): number => because('meets channels that cannot be cut');
  const mint: CouplingContext['mint'] = (kind, count, sources = [], use) =>
    ledger.mint(
      { node: index, kind, sources, ...(use !== undefined && { use }) },
      count,
      sources.length > 0 ? unlabelled() : -1,
    );
  return {
    ...factsOf(traced, index),
    labels: (input) => labels.get(name(input)) ?? [],
    labelsOf: (value) => labels.get(value) ?? [],
    isGate: (input) => {
      const port = traced.wiring.producers.get(name(input));
      return port !== undefined && operatorOf(traced.nodes[port.node]!)?.gate === true;
    },
    fresh: (count) => mint('pad', count),
    mint,
    tie: (a, b) => {
      ledger.tie(a, b, a < 0 || b < 0 ? unlabelled() : -1);
    },
    freeze: (tensors, text, input = 0) => {
      if (tensors.length === 0) return;
      const reason = because(text, input);
      for (const tensor of tensors) ledger.freezeAll(tensor.data, reason);
    },
    use: (request) => uses.push({ ...request, node: index, value: name(request.input) }) - 1,
    nextUse: () => uses.length,
    constrain: (side, blocks) => {
      constraints.push({ node: index, side, blocks });
    },
  };
}
