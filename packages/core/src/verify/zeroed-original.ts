// The zeroed original: the model before the cut, with zeros in every weight slice that reads a cut channel.

import { EspalierError } from '../errors.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import { groupBy } from '../group-by.ts';
import type { Model, Node, Tensor } from '../onnx/model.ts';
import type { ArrayData, NdArray } from '../onnx/nd-array.ts';
import { makeTensor } from '../onnx/tensor.ts';
import type { PlanCut } from '../plan/plan.ts';

/**
 * Zeroes the `consume` entries of a plan, use by use: every node gets its own copy of a weight it reads a cut channel with. Nothing else of the
 * plan is needed. Error `plan.unknown-node` when an entry names a node or value the model does not have.
 */
export function zeroOriginal(traced: TracedModel, cuts: readonly PlanCut[]): Model {
  const index = new Map(traced.nodes.map((node, i) => [nodeId(node), i]));
  const consumed = cuts.filter((cut) => cut.role === 'consume');
  const nodes: Node[] = [...traced.nodes];
  const copies: Tensor[] = [];
  for (const entries of groupBy(consumed, (cut) => `${cut.node}:${cut.input}`).values()) {
    const { node: name, input, value } = entries[0]!;
    const at = index.get(name);
    const array = traced.constantOf(value);
    if (at === undefined || !array || traced.nodes[at]!.inputs[input] !== value) {
      throw new EspalierError({
        kind: 'model',
        code: 'plan.unknown-node',
        message: `The plan cuts input ${input} ('${value}') of node '${name}', which the model does not have.`,
        hint: 'Use the plan with the very model it was made for.',
      });
    }
    const copy = `${value}__zeroed_${at}_${input}`;
    copies.push(makeTensor(copy, zeroSlices(array, entries)));
    const node = nodes[at]!;
    nodes[at] = { ...node, inputs: node.inputs.with(input, copy) };
  }
  const { model, graph } = traced;
  return { ...model, graph: { ...graph, nodes, initializers: [...graph.initializers, ...copies] } };
}

/** A copy of the array with zeros in the named slices. */
export function zeroSlices(array: NdArray, entries: readonly PlanCut[]): NdArray {
  const data = array.data.slice() as ArrayData;
  const zero = typeof data[0] === 'bigint' ? 0n : 0;
  const strides = array.dims.map((_, axis) => array.dims.slice(axis + 1).reduce((a, b) => a * b, 1));
  for (const { axis, indices, within } of entries) {
    const size = array.dims[axis]!;
    const stride = strides[axis]!;
    const gone = new Uint8Array(size);
    for (const i of indices) gone[i] = 1;
    for (let flat = 0; flat < data.length; flat++) {
      if (!gone[Math.floor(flat / stride) % size]) continue;
      if (within) {
        const row = Math.floor(flat / strides[within.axis]!) % array.dims[within.axis]!;
        if (row < within.from || row >= within.to) continue;
      }
      (data as Float32Array)[flat] = zero as number;
    }
  }
  return { ...array, data };
}
