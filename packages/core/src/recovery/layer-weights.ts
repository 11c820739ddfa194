// The weights of a linear layer as the matrices that a fit works on, and back.
import type { TracedModel } from '../graph/traced-model.ts';
import type { Node } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import { type LinearLayer, tapCount } from '../ops/linear/linear-layer.ts';
import { unknownCount } from './moments-graph.ts';
import type { ConstantEdit } from './replace-constants.ts';

/** The constants of a layer. */
export interface LayerConstants {
  readonly weight: NdArray;
  readonly bias?: NdArray;
}

/** groups × unknowns × outputs: what the node really computes with, its own factors multiplied in; the bias is the last row. */
export function toMatrix(layer: LinearLayer, { weight, bias }: LayerConstants): Float64Array {
  const { groups, outputs, scale, biasScale } = layer;
  const unknowns = unknownCount(layer);
  const matrix = new Float64Array(groups * unknowns * outputs);
  const values = toFloat32(weight);
  visit(layer, (at, element) => {
    matrix[at] = scale * values[element]!;
  });
  if (layer.bias === undefined || !bias) return matrix;
  const offsets = toFloat32(bias);
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outputs; o++) {
      matrix[((g + 1) * unknowns - 1) * outputs + o] = biasScale * offsets[g * outputs + o]!;
    }
  }
  return matrix;
}

/** The constants that compute this matrix, float32 and shaped as they were; a bias that was not there is a vector. */
export function fromMatrix(layer: LinearLayer, matrix: Float64Array, before: LayerConstants): LayerConstants {
  const { groups, outputs, scale, biasScale } = layer;
  const unknowns = unknownCount(layer);
  const data = new Float32Array(before.weight.data.length);
  visit(layer, (at, element) => {
    data[element] = matrix[at]! / scale;
  });
  const weight: NdArray = { type: 'float32', dims: before.weight.dims, data };
  if (layer.bias === undefined) return { weight };
  const offsets = new Float32Array(groups * outputs);
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outputs; o++) {
      offsets[g * outputs + o] = matrix[((g + 1) * unknowns - 1) * outputs + o]! / biasScale;
    }
  }
  return { weight, bias: { type: 'float32', dims: before.bias?.dims ?? [offsets.length], data: offsets } };
}

/** Calls back with the place of every weight element in the matrix and in the tensor. */
function visit(layer: LinearLayer, each: (at: number, element: number) => void): void {
  const { groups, inputs, outputs, strides } = layer;
  const taps = tapCount(layer);
  const unknowns = unknownCount(layer);
  for (let g = 0; g < groups; g++) {
    for (let c = 0; c < inputs; c++) {
      for (let t = 0; t < taps; t++) {
        const row = (g * unknowns + c * taps + t) * outputs;
        const base = g * strides.group + c * strides.channel + t * strides.tap;
        for (let o = 0; o < outputs; o++) each(row + o, base + o * strides.out);
      }
    }
  }
}

/** The constants a node computes with. */
export function constantsOf(traced: TracedModel, node: Node, layer: LinearLayer): LayerConstants {
  const bias = layer.bias === undefined ? undefined : traced.constantOf(node.inputs[layer.bias] ?? '');
  return { weight: traced.constantOf(node.inputs[layer.weight]!)!, ...(bias && { bias }) };
}

/** The edits that make the node of that name compute the matrix. */
export function editsOf(
  node: string,
  layer: LinearLayer,
  matrix: Float64Array,
  before: LayerConstants,
): readonly ConstantEdit[] {
  const { weight, bias } = fromMatrix(layer, matrix, before);
  return [
    { node, input: layer.weight, array: weight },
    ...(bias && layer.bias !== undefined ? [{ node, input: layer.bias, array: bias }] : []),
  ];
}
