// How node attributes are written in code: plain numbers, strings, lists, arrays and graphs become typed ONNX attributes.

import type { Attribute, Graph, Tensor } from '../onnx/model.ts';
import type { ArrayData, ArrayType, NdArray } from '../onnx/nd-array.ts';
import { makeTensor } from '../onnx/tensor.ts';

const encoder = new TextEncoder();

/** An array whose element type follows from its data: plain numbers are float32, a `Uint16Array` is uint16 (not float16). */
export interface ArrayLiteral {
  readonly dims: readonly number[];
  readonly data: ArrayData | readonly number[];
}

/** A float where JavaScript would see an integer: `{ alpha: float(1) }`. */
export interface FloatValue {
  readonly float: number;
}

/** A float list where JavaScript might see integers: `{ scales: floats([1, 2]) }`. */
export interface FloatsValue {
  readonly floats: readonly number[];
}

/**
 * What an attribute can be written as. A safe integer or bigint becomes INT, another number FLOAT; a list becomes INTS when all
 * its numbers are integers (also when empty), else FLOATS; arrays become TENSOR, the result of `GraphBuilder.subgraph` GRAPH.
 */
export type AttributeValue =
  | number
  | bigint
  | string
  | FloatValue
  | FloatsValue
  | readonly (number | bigint)[]
  | readonly string[]
  | NdArray
  | Graph;

/** Attributes by name. */
export type AttributeValues = Readonly<Record<string, AttributeValue>>;

/** Marks a number as a float attribute. */
export function float(value: number): FloatValue {
  return { float: value };
}

/** Marks a list of numbers as a float-list attribute. */
export function floats(values: readonly number[]): FloatsValue {
  return { floats: values };
}

/** The attribute of that name: see {@link AttributeValue} for how values become types. */
export function makeAttribute(name: string, value: AttributeValue): Attribute {
  if (typeof value === 'string') return { name, type: 'string', string: encoder.encode(value) };
  if (typeof value === 'bigint') return { name, type: 'int', int: value };
  if (typeof value === 'number') {
    return Number.isSafeInteger(value)
      ? { name, type: 'int', int: value }
      : { name, type: 'float', float: value };
  }
  if ('float' in value) return { name, type: 'float', float: value.float };
  if ('floats' in value) return { name, type: 'floats', floats: [...value.floats] };
  if ('nodes' in value) return { name, type: 'graph', graph: value };
  if ('dims' in value) return { name, type: 'tensor', tensor: tensorOf(value, name) };
  return makeListAttribute(name, value);
}

function makeListAttribute(
  name: string,
  values: readonly (number | bigint)[] | readonly string[],
): Attribute {
  if (values.length > 0 && values.every((value) => typeof value === 'string')) {
    return { name, type: 'strings', strings: values.map((value) => encoder.encode(value)) };
  }
  const numbers = values.filter((value) => typeof value !== 'string');
  return numbers.every((value) => typeof value === 'bigint' || Number.isSafeInteger(value))
    ? { name, type: 'ints', ints: numbers }
    : { name, type: 'floats', floats: numbers.map(Number) };
}

/** The tensor of that name that views the array's data. */
export function tensorOf(array: NdArray | ArrayLiteral, name: string): Tensor {
  const data = isArrayData(array.data) ? array.data : Float32Array.from(array.data);
  const type = 'type' in array ? array.type : elementTypeOf(data);
  return makeTensor(name, { type, dims: [...array.dims], data });
}

function isArrayData(data: ArrayData | readonly number[]): data is ArrayData {
  return ArrayBuffer.isView(data);
}

function elementTypeOf(data: ArrayData): ArrayType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int16Array) return 'int16';
  if (data instanceof Uint16Array) return 'uint16';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Uint32Array) return 'uint32';
  return data instanceof BigInt64Array ? 'int64' : 'uint64';
}
