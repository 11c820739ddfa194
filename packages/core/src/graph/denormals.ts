// Weights so small that many processors leave their fast path for each of them. Trained nets hold some, in channels that died; they
// make a net slower than it needs to be, and zeros in their place compute the same.
import type { Model, Tensor } from '../onnx/model.ts';
import { DataType } from '../onnx/model.ts';
import { tensorArray } from '../onnx/tensor.ts';
import { bytesOf } from '../onnx/value-rules.ts';
import { listTensors, mapTensors } from './model-tensors.ts';

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
 * The weights that hold denormal (subnormal) numbers, zeros not counted: float32 below 2^-126 and float64 below 2^-1022, as
 * `listTensors` orders them. Half precision has none: its smallest numbers are ordinary float32 numbers, and the arithmetic of those
 * that compute in half precision has no slow path. A tensor of one element is a bound or an epsilon, no weight. Data that lie outside
 * the model and were not read are not looked at.
 */
export function findDenormals(model: Model): readonly DenormalWeight[] {
  return listTensors(model.graph).flatMap(([tensor, held]) => {
    const words = wordsOf(held);
    if (words === undefined) return [];
    let count = 0;
    for (let i = 0; i < words.total; i++) if (isDenormal(words, i)) count++;
    return count === 0 ? [] : [{ tensor, count, total: words.total }];
  });
}

/**
 * The model with zeros, of the same sign, for all numbers that {@link findDenormals} counts; the model itself where there are none. No
 * weight changes by more than 1.2e-38. Tensors without such numbers stay what they are, to the byte.
 */
export function flushDenormals(model: Model): Model {
  const graph = mapTensors(model.graph, flushTensor);
  return graph === model.graph ? model : { ...model, graph };
}

/** Elements as bit patterns: computing with the numbers would take the slow path itself. */
interface Words {
  /** Little-endian words of 32 bits, one or two per element. */
  readonly bits: Uint32Array;
  readonly total: number;
  /** Words of an element; the last one holds the exponent. */
  readonly size: 1 | 2;
  readonly exponent: number;
  readonly fraction: number;
}

const FLOAT32 = { size: 1, exponent: 0x7f800000, fraction: 0x007fffff } as const;
const FLOAT64 = { size: 2, exponent: 0x7ff00000, fraction: 0x000fffff } as const;

/** The elements of a weight that could hold denormal numbers. */
function wordsOf(tensor: Tensor): Words | undefined {
  const { dataType, external, raw } = tensor;
  const layout =
    dataType === DataType.float32 ? FLOAT32 : dataType === DataType.float64 ? FLOAT64 : undefined;
  if (layout === undefined || (external !== undefined && raw === undefined)) return undefined;
  const { data } = tensorArray(tensor);
  if (data.length < 2) return undefined;
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  return { bits, total: data.length, ...layout };
}

function isDenormal({ bits, size, exponent, fraction }: Words, index: number): boolean {
  const high = bits[size * index + size - 1]!;
  if ((high & exponent) !== 0) return false;
  return (high & fraction) !== 0 || (size === 2 && bits[2 * index] !== 0);
}

function flushTensor(tensor: Tensor): Tensor {
  const words = wordsOf(tensor);
  if (words === undefined) return tensor;
  const { size, total } = words;
  let flushed: Uint32Array | undefined;
  for (let i = 0; i < total; i++) {
    if (!isDenormal(words, i)) continue;
    flushed ??= words.bits.slice();
    const last = size * i + size - 1;
    flushed[last] = flushed[last]! & 0x80000000;
    if (size === 2) flushed[last - 1] = 0;
  }
  if (flushed === undefined) return tensor;
  const { floatData: _, doubleData: __, ...described } = tensor;
  return { ...described, raw: bytesOf(flushed) };
}
