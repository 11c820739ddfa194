// Dense arrays as the engine exchanges them and tensors hold them.

/** Element types an engine exchanges. int64/uint64 travel as BigInt arrays, float16 as raw 16-bit patterns, bool as 0/1 bytes. */
export type ArrayType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

export type ArrayData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A dense array: row-major `data`, product(dims) elements. */
export interface NdArray {
  readonly type: ArrayType;
  readonly dims: readonly number[];
  readonly data: ArrayData;
}
