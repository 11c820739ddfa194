// Weights so small that a processor leaves its fast path for each of them: trained nets hold some, and they make a net
// look slower than it is.
import type { Graph, Model, Tensor } from '../onnx/model.ts';
import { DataType } from '../onnx/model.ts';
import { tensorArray } from '../onnx/tensor.ts';
import { subgraphsOf } from './attributes.ts';

/** How many elements of one weight are denormal. */
export interface DenormalWeight {
  /** The initializer, or the first output of the node that holds the tensor. */
  readonly tensor: string;
  /** Elements that are denormal; at least 1. */
  readonly count: number;
  /** All elements of the weight. */
  readonly total: number;
}

/**
 * The float32 and float16 weights that hold denormal (subnormal) numbers, zeros not counted: initializers in the order of the file,
 * then tensors in node attributes and in subgraphs. Weights whose data lie outside the model are not looked at.
 */
export function findDenormals(model: Model): readonly DenormalWeight[] {
  return weightsOf(model.graph).flatMap(([name, tensor]) => {
    if (tensor.external !== undefined) return [];
    const count = countDenormals(tensor);
    return count === 0 ? [] : [{ tensor: name, count, total: tensorArray(tensor).data.length }];
  });
}

function weightsOf(graph: Graph): readonly (readonly [name: string, tensor: Tensor])[] {
  return [
    ...graph.initializers.map((tensor) => [tensor.name ?? '', tensor] as const),
    ...graph.nodes.flatMap((node) => [
      ...node.attributes.flatMap((a) => (a.tensor ? [[node.outputs[0] ?? '', a.tensor] as const] : [])),
      ...subgraphsOf(node).flatMap(weightsOf),
    ]),
  ];
}

function countDenormals(tensor: Tensor): number {
  // Compared as bit patterns: exponent zero, fraction not. Computing with the numbers would take the slow path itself.
  if (tensor.dataType === DataType.float32) {
    const { data } = tensorArray(tensor);
    return countBits(new Uint32Array(data.buffer, data.byteOffset, data.length), 0x7f800000, 0x007fffff);
  }
  if (tensor.dataType === DataType.float16) {
    return countBits(tensorArray(tensor).data as Uint16Array, 0x7c00, 0x03ff);
  }
  return 0;
}

function countBits(bits: Uint32Array | Uint16Array, exponent: number, fraction: number): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) {
    const pattern = bits[i]!;
    if ((pattern & exponent) === 0 && (pattern & fraction) !== 0) count++;
  }
  return count;
}
