// An ONNX model as readonly plain data, one interface per protobuf message (onnx.proto, proto2 presence:
// a field that is absent in the file is absent here). Bytes are views into the file they were read from.

/** Field numbers of a message that this codec does not know, kept as encoded bytes (tag included) so they survive a rewrite. */
export type UnknownFields = readonly Uint8Array[];

/** `ModelProto`. */
export interface Model {
  readonly irVersion?: number;
  readonly opsetImports: readonly OperatorSet[];
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly domain?: string;
  readonly modelVersion?: number;
  readonly docString?: string;
  readonly graph: Graph;
  readonly metadata: readonly StringEntry[];
  /** Training info, model-local functions, device configurations: undecoded, kept as they are. */
  readonly unknown?: UnknownFields;
}

/** `OperatorSetIdProto`; domain '' is `ai.onnx`. */
export interface OperatorSet {
  readonly domain?: string;
  readonly version?: number;
  readonly unknown?: UnknownFields;
}

/** `StringStringEntryProto`. */
export interface StringEntry {
  readonly key?: string;
  readonly value?: string;
  readonly unknown?: UnknownFields;
}

/** `GraphProto`. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly name?: string;
  readonly initializers: readonly Tensor[];
  /** `SparseTensorProto`s, undecoded; models that use them are refused by name before analysis. */
  readonly sparseInitializers: readonly Uint8Array[];
  readonly docString?: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly valueInfos: readonly ValueInfo[];
  readonly metadata: readonly StringEntry[];
  readonly unknown?: UnknownFields;
}

/** `NodeProto`. An input name '' is an omitted optional input. */
export interface Node {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly opType: string;
  readonly domain?: string;
  readonly attributes: readonly Attribute[];
  readonly docString?: string;
  readonly unknown?: UnknownFields;
}

/** `AttributeProto.AttributeType`. */
export type AttributeType =
  | 'float'
  | 'int'
  | 'string'
  | 'tensor'
  | 'graph'
  | 'sparseTensor'
  | 'typeProto'
  | 'floats'
  | 'ints'
  | 'strings'
  | 'tensors'
  | 'graphs'
  | 'sparseTensors'
  | 'typeProtos';

/**
 * `AttributeProto`. Exactly the field that `type` names carries the value. Integers are JavaScript numbers when they are
 * safe integers; INT64 extremes (Slice ends use them) are clamped to ±Number.MAX_SAFE_INTEGER by nobody: they stay `bigint`.
 */
export interface Attribute {
  readonly name: string;
  readonly type?: AttributeType;
  readonly docString?: string;
  readonly refAttrName?: string;
  readonly float?: number;
  readonly int?: number | bigint;
  /** Raw bytes (UTF-8 by convention). */
  readonly string?: Uint8Array;
  readonly tensor?: Tensor;
  readonly graph?: Graph;
  readonly floats?: readonly number[];
  readonly ints?: readonly (number | bigint)[];
  readonly strings?: readonly Uint8Array[];
  readonly tensors?: readonly Tensor[];
  readonly graphs?: readonly Graph[];
  /** Sparse tensors and type protos, undecoded, and fields of later versions. */
  readonly unknown?: UnknownFields;
}

/** `TensorProto.DataType` numbers, by name. */
export const DataType = {
  undefined: 0,
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
} as const;

/** Name of an element type. */
export type DataTypeName = keyof typeof DataType;

/** Where a tensor keeps its elements outside the model file. */
export interface ExternalData {
  /** Path relative to the model's folder, as written in the file. */
  readonly location: string;
  /** Bytes, default 0. */
  readonly offset: number;
  /** Bytes; absent means up to the end of the file. */
  readonly length?: number;
}

/**
 * `TensorProto`. Element storage is one of: `raw` (little-endian bytes, a view into the file or into memory), one of the typed
 * fields as they stand in the file (`floatData`, …), or `external`. Use `tensorArray` / `makeTensor` of `onnx/tensor.ts` and never
 * look at the storage yourself.
 */
export interface Tensor {
  readonly name?: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly docString?: string;
  readonly raw?: Uint8Array;
  readonly floatData?: Float32Array;
  readonly int32Data?: Int32Array;
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: BigInt64Array;
  readonly doubleData?: Float64Array;
  readonly uint64Data?: BigUint64Array;
  readonly external?: ExternalData;
  readonly metadata?: readonly StringEntry[];
  readonly unknown?: UnknownFields;
}

/** One dimension of a declared shape: a size, a symbolic name, or neither (unknown). */
export interface Dimension {
  readonly value?: number;
  readonly param?: string;
  readonly unknown?: UnknownFields;
}

/** `ValueInfoProto` with a tensor type; other types (sequence, map, optional) keep their encoded bytes in `otherType`. */
export interface ValueInfo {
  readonly name: string;
  readonly elemType?: number;
  /** Absent when the file declares no shape. */
  readonly shape?: readonly Dimension[];
  readonly otherType?: Uint8Array;
  /** Unknown fields of the tensor type: its denotation. */
  readonly typeUnknown?: UnknownFields;
  readonly docString?: string;
  readonly metadata?: readonly StringEntry[];
  readonly unknown?: UnknownFields;
}
