// Tensors as arrays and back: the one place that knows in which of its fields a TensorProto keeps its elements.

import { EspalierError } from '../errors.ts';
import { float16ToFloat32 } from './float16.ts';
import { DataType, type Tensor } from './model.ts';
import type { ArrayData, ArrayType, NdArray } from './nd-array.ts';
import { bytesOf, readFixed, type TypedArrayType } from './value-rules.ts';

export { float16ToFloat32, float32ToFloat16 } from './float16.ts';

/** How the elements of one array type are stored. */
interface Storage {
  readonly array: TypedArrayType<ArrayData>;
  /** The typed field that may hold them instead of `raw`; int32Data carries all narrow types, 16-bit floats as patterns. */
  readonly field: 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data';
}

const STORAGE: Readonly<Record<ArrayType, Storage>> = {
  float32: { array: Float32Array, field: 'floatData' },
  float64: { array: Float64Array, field: 'doubleData' },
  float16: { array: Uint16Array, field: 'int32Data' },
  int8: { array: Int8Array, field: 'int32Data' },
  uint8: { array: Uint8Array, field: 'int32Data' },
  int16: { array: Int16Array, field: 'int32Data' },
  uint16: { array: Uint16Array, field: 'int32Data' },
  int32: { array: Int32Array, field: 'int32Data' },
  uint32: { array: Uint32Array, field: 'uint64Data' },
  int64: { array: BigInt64Array, field: 'int64Data' },
  uint64: { array: BigUint64Array, field: 'uint64Data' },
  bool: { array: Uint8Array, field: 'int32Data' },
};

const TYPES = new Map((Object.keys(STORAGE) as ArrayType[]).map((type) => [DataType[type] as number, type]));
const NAMES = new Map(Object.entries(DataType).map(([name, number]) => [number as number, name]));

/**
 * The array a tensor holds, whatever field its elements are in: a view of the file where alignment allows, else a copy.
 * Kind `model`; codes `tensor.unsupported-type` (bfloat16, float8, 4-bit, complex, text), `tensor.size-mismatch` (dims and
 * elements disagree), `tensor.bad-dims`, `tensor.external-unread` (the data lie in another file that was not read).
 */
export function tensorArray(tensor: Tensor): NdArray {
  const type = arrayTypeOf(tensor.dataType);
  if (type === undefined) {
    throw problem(
      tensor,
      'tensor.unsupported-type',
      `has the element type ${NAMES.get(tensor.dataType) ?? tensor.dataType}, whose values espalier does not read`,
      'Convert the model to float32 or float16 first.',
    );
  }
  checkTensor(tensor);
  if (tensor.external && tensor.raw === undefined) {
    throw problem(
      tensor,
      'tensor.external-unread',
      `keeps its data in '${tensor.external.location}', which was not read`,
      'Read the model from its path, with the data file beside it.',
    );
  }
  const { array, field } = STORAGE[type];
  const data = tensor.raw ? readFixed(tensor.raw, array) : narrow(tensor[field], array);
  return { type, dims: tensor.dims, data };
}

/**
 * Checks that a tensor has as many elements as its dims say, without reading them. Types that no array holds and external data that
 * were not read pass. Kind `model`; codes `tensor.bad-dims`, `tensor.size-mismatch`.
 */
export function checkTensor(tensor: Tensor): void {
  const count = countOf(tensor);
  const type = arrayTypeOf(tensor.dataType);
  if (type === undefined) return;
  const { array, field } = STORAGE[type];
  if (tensor.raw) {
    const bytes = count * array.BYTES_PER_ELEMENT;
    if (tensor.raw.length !== bytes) throw mismatch(tensor, `${tensor.raw.length} bytes instead of ${bytes}`);
  } else if (!tensor.external) {
    const stored = tensor[field]?.length ?? 0;
    if (stored !== count) throw mismatch(tensor, `${stored} elements instead of ${count}`);
  }
}

/** A tensor of that name with the array's elements as raw bytes: a view of them, not a copy. */
export function makeTensor(name: string, array: NdArray): Tensor {
  const tensor = { name, dims: array.dims, dataType: dataTypeOf(array.type), raw: bytesOf(array.data) };
  const count = countOf(tensor);
  if (array.data.length !== count)
    throw mismatch(tensor, `${array.data.length} elements instead of ${count}`);
  return tensor;
}

/** The elements as float32: half precision and integers converted, the very data where they are float32 already. */
export function toFloat32(array: NdArray): Float32Array {
  if (array.data instanceof Float32Array) return array.data;
  if (array.type === 'float16') return float16ToFloat32(array.data as Uint16Array);
  return Float32Array.from(array.data as ArrayLike<number | bigint>, Number);
}

/** How many elements a shape has; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** The `TensorProto.DataType` number of an array type. */
export function dataTypeOf(type: ArrayType): number {
  return DataType[type];
}

/** The array type of a `TensorProto.DataType` number, or undefined for types no array holds. */
export function arrayTypeOf(dataType: number): ArrayType | undefined {
  return TYPES.get(dataType);
}

// Typed fields are wider than the elements they carry; the array constructors wrap values as the format asks.
function narrow(stored: ArrayData | undefined, array: TypedArrayType<ArrayData>): ArrayData {
  if (stored instanceof array) return stored;
  if (stored === undefined) return new array(new ArrayBuffer(0), 0, 0);
  const narrowed = new array(new ArrayBuffer(stored.length * array.BYTES_PER_ELEMENT), 0, stored.length);
  for (let i = 0; i < stored.length; i++) narrowed[i] = Number(stored[i]!);
  return narrowed;
}

function countOf(tensor: Tensor): number {
  const count = elementCount(tensor.dims);
  if (tensor.dims.some((dim) => dim < 0) || !Number.isSafeInteger(count)) {
    throw problem(
      tensor,
      'tensor.bad-dims',
      `has the dims [${tensor.dims.join(', ')}]`,
      'Export the model again.',
    );
  }
  return count;
}

function mismatch(tensor: Tensor, found: string): EspalierError {
  const type = NAMES.get(tensor.dataType) ?? tensor.dataType;
  return problem(
    tensor,
    'tensor.size-mismatch',
    `of type ${type} and dims [${tensor.dims.join(', ')}] has ${found}`,
    'The file is damaged or was written by a faulty tool: export the model again.',
  );
}

function problem(tensor: Tensor, code: string, what: string, hint: string): EspalierError {
  return new EspalierError({ kind: 'model', code, message: `tensor '${tensor.name ?? ''}' ${what}`, hint });
}
