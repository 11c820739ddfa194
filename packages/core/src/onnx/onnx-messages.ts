// The messages of onnx.proto as tables: field numbers, the property each field becomes, and the few places where plain data
// and the encoding differ (external tensor data, value types, attribute defaults).
import { EspalierError } from '../errors.ts';
import {
  decodeMessage,
  encodeMessage,
  type FieldRule,
  type Fields,
  type MessageRule,
  originOf,
  writeNested,
} from './message-codec.ts';
import type { AttributeType, ExternalData, StringEntry, Tensor, UnknownFields } from './model.ts';
import {
  bytes,
  exactInteger,
  float32,
  floats,
  int64,
  integers,
  named,
  packedDoubles,
  packedFloats,
  packedInt32,
  packedInt64,
  packedUint64,
  sizes,
  text,
} from './value-rules.ts';
import { createWriter, joinChunks, Wire, type WireWriter } from './wire.ts';

const NONE: readonly never[] = Object.freeze([]);

const many = { repeated: true, absent: NONE } as const;
const docString = (number: number): FieldRule => ({ number, key: 'docString', value: text, lenient: true });

const STRING_ENTRY: MessageRule = {
  name: 'StringStringEntryProto',
  fields: [
    { number: 1, key: 'key', value: text },
    { number: 2, key: 'value', value: text },
  ],
};

const OPERATOR_SET: MessageRule = {
  name: 'OperatorSetIdProto',
  fields: [
    { number: 1, key: 'domain', value: text },
    { number: 2, key: 'version', value: exactInteger },
  ],
};

const TENSOR: MessageRule = {
  name: 'TensorProto',
  fields: [
    { number: 1, key: 'dims', block: sizes, absent: NONE },
    { number: 2, key: 'dataType', value: exactInteger, absent: 0 },
    { number: 4, key: 'floatData', block: packedFloats },
    { number: 5, key: 'int32Data', block: packedInt32 },
    { number: 6, key: 'stringData', value: bytes, repeated: true },
    { number: 7, key: 'int64Data', block: packedInt64 },
    { number: 8, key: 'name', value: text },
    { number: 9, key: 'raw', value: bytes },
    { number: 10, key: 'doubleData', block: packedDoubles },
    { number: 11, key: 'uint64Data', block: packedUint64 },
    docString(12),
    { number: 13, key: 'externalData', message: () => STRING_ENTRY, repeated: true },
    { number: 14, key: 'dataLocation', value: exactInteger },
    { number: 16, key: 'metadata', message: () => STRING_ENTRY, repeated: true },
  ],
  fromFields: foldExternalData,
  toFields: unfoldExternalData,
};

const DIMENSION: MessageRule = {
  name: 'TensorShapeProto.Dimension',
  fields: [
    { number: 1, key: 'value', value: exactInteger },
    { number: 2, key: 'param', value: text },
  ],
};

const SHAPE: MessageRule = {
  name: 'TensorShapeProto',
  fields: [{ number: 1, key: 'dims', message: () => DIMENSION, ...many }],
};

const TENSOR_TYPE: MessageRule = {
  name: 'TypeProto.Tensor',
  fields: [
    { number: 1, key: 'elemType', value: exactInteger },
    { number: 2, key: 'shape', message: () => SHAPE },
  ],
};

const TYPE: MessageRule = {
  name: 'TypeProto',
  fields: [{ number: 1, key: 'tensorType', message: () => TENSOR_TYPE }],
};

const VALUE_INFO: MessageRule = {
  name: 'ValueInfoProto',
  fields: [
    { number: 1, key: 'name', value: text, absent: '' },
    { number: 2, key: 'type', message: () => TYPE },
    docString(3),
    { number: 4, key: 'metadata', message: () => STRING_ENTRY, repeated: true },
  ],
  fromFields: foldType,
  toFields: unfoldType,
};

const ATTRIBUTE_TYPES: Readonly<Record<number, AttributeType>> = {
  1: 'float',
  2: 'int',
  3: 'string',
  4: 'tensor',
  5: 'graph',
  6: 'floats',
  7: 'ints',
  8: 'strings',
  9: 'tensors',
  10: 'graphs',
  11: 'sparseTensor',
  12: 'sparseTensors',
  13: 'typeProto',
  14: 'typeProtos',
};

const ATTRIBUTE: MessageRule = {
  name: 'AttributeProto',
  fields: [
    { number: 1, key: 'name', value: text, absent: '' },
    { number: 2, key: 'float', value: float32 },
    { number: 3, key: 'int', value: int64 },
    { number: 4, key: 'string', value: bytes },
    { number: 5, key: 'tensor', message: () => TENSOR },
    { number: 6, key: 'graph', message: () => GRAPH },
    { number: 7, key: 'floats', block: floats },
    { number: 8, key: 'ints', block: integers },
    { number: 9, key: 'strings', value: bytes, repeated: true },
    { number: 10, key: 'tensors', message: () => TENSOR, repeated: true },
    { number: 11, key: 'graphs', message: () => GRAPH, repeated: true },
    docString(13),
    { number: 20, key: 'type', value: named(ATTRIBUTE_TYPES), lenient: true },
    { number: 21, key: 'refAttrName', value: text },
  ],
  fromFields: fillAttributeValue,
};

const NODE: MessageRule = {
  name: 'NodeProto',
  fields: [
    { number: 1, key: 'inputs', value: text, ...many },
    { number: 2, key: 'outputs', value: text, ...many },
    { number: 3, key: 'name', value: text },
    { number: 4, key: 'opType', value: text, absent: '' },
    { number: 5, key: 'attributes', message: () => ATTRIBUTE, ...many },
    docString(6),
    { number: 7, key: 'domain', value: text },
  ],
};

const GRAPH: MessageRule = {
  name: 'GraphProto',
  fields: [
    { number: 1, key: 'nodes', message: () => NODE, ...many },
    { number: 2, key: 'name', value: text },
    { number: 5, key: 'initializers', message: () => TENSOR, ...many },
    docString(10),
    { number: 11, key: 'inputs', message: () => VALUE_INFO, ...many },
    { number: 12, key: 'outputs', message: () => VALUE_INFO, ...many },
    { number: 13, key: 'valueInfos', message: () => VALUE_INFO, ...many },
    { number: 15, key: 'sparseInitializers', value: bytes, ...many },
    { number: 16, key: 'metadata', message: () => STRING_ENTRY, ...many },
  ],
};

/** `ModelProto`. A model version no number can hold exactly stays among the unknown fields. */
export const MODEL: MessageRule = {
  name: 'ModelProto',
  fields: [
    { number: 1, key: 'irVersion', value: exactInteger },
    { number: 2, key: 'producerName', value: text },
    { number: 3, key: 'producerVersion', value: text },
    { number: 4, key: 'domain', value: text },
    { number: 5, key: 'modelVersion', value: exactInteger, lenient: true },
    docString(6),
    { number: 7, key: 'graph', message: () => GRAPH },
    { number: 8, key: 'opsetImports', message: () => OPERATOR_SET, ...many },
    { number: 14, key: 'metadata', message: () => STRING_ENTRY, ...many },
  ],
};

const SPARSE_TENSOR: MessageRule = {
  name: 'SparseTensorProto',
  fields: [{ number: 1, key: 'values', message: () => TENSOR }],
};

/** The name of an encoded `SparseTensorProto`, '' where it has none: that of its values. */
export function sparseTensorName(encoded: Uint8Array): string {
  const { values } = decodeMessage(SPARSE_TENSOR, encoded) as { readonly values?: Tensor };
  return values?.name ?? '';
}

const EXTERNAL = 1;
const EXTERNAL_DATA_FIELD = 13;
const DATA_LOCATION_FIELD = 14;

// Only a tensor whose data_location says so is external; entries beyond the three we know (checksum) stay unknown fields.
function foldExternalData({ externalData, dataLocation, ...rest }: Fields): Fields {
  const entries = (externalData ?? NONE) as readonly StringEntry[];
  if (externalData === undefined && dataLocation === undefined) return rest;
  const unknown = (rest.unknown ?? NONE) as UnknownFields;
  if (dataLocation !== EXTERNAL) {
    const kept = entries.map((entry) => encodeEntry(entry));
    if (dataLocation !== undefined) kept.push(encodeLocation(dataLocation as number));
    return { ...rest, unknown: [...unknown, ...kept] };
  }
  const values = new Map(entries.map((e) => [e.key, e.value]));
  const location = values.get('location');
  if (location === undefined) throw badExternal(rest.name, 'names no file');
  const offset = byteCount(rest.name, 'offset', values.get('offset')) ?? 0;
  const length = byteCount(rest.name, 'length', values.get('length'));
  const external: ExternalData = { location, offset, ...(length === undefined ? {} : { length }) };
  const others = entries.filter((e) => !KNOWN_EXTERNAL.has(e.key)).map((e) => encodeEntry(e));
  return { ...rest, external, ...(others.length > 0 ? { unknown: [...unknown, ...others] } : {}) };
}

const KNOWN_EXTERNAL: ReadonlySet<string | undefined> = new Set(['location', 'offset', 'length']);

// Bytes that were read in win over the place they came from.
function unfoldExternalData({ external, ...rest }: Fields): Fields {
  if (external === undefined || rest.raw !== undefined) return rest;
  const { location, offset, length } = external as ExternalData;
  const externalData: StringEntry[] = [
    { key: 'location', value: location },
    { key: 'offset', value: `${offset}` },
  ];
  if (length !== undefined) externalData.push({ key: 'length', value: `${length}` });
  return { ...rest, externalData, dataLocation: EXTERNAL };
}

function byteCount(tensor: unknown, key: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(count)) return count;
  throw badExternal(tensor, `has the ${key} '${value}'`);
}

function badExternal(tensor: unknown, what: string): EspalierError {
  return new EspalierError({
    kind: 'model',
    code: 'onnx.bad-external',
    message: `external data of tensor '${tensor ?? ''}' ${what}`,
    hint: 'Export the model again, or save it with its weights inside.',
  });
}

function encodeEntry(entry: StringEntry): Uint8Array {
  return encodeAlone((writer) =>
    writeNested(writer, EXTERNAL_DATA_FIELD, (inner) => encodeMessage(STRING_ENTRY, entry, inner)),
  );
}

function encodeLocation(location: number): Uint8Array {
  return encodeAlone((writer) => {
    writer.tag(DATA_LOCATION_FIELD, Wire.varint);
    writer.varint(location);
  });
}

function encodeAlone(write: (writer: WireWriter) => void): Uint8Array {
  const writer = createWriter();
  write(writer);
  return joinChunks(writer.chunks());
}

// A tensor type with an element type becomes elemType and shape; every other type keeps its bytes.
function foldType({ type, ...rest }: Fields): Fields {
  if (type === undefined) return rest;
  const { tensorType, unknown: typeUnknown } = type as { tensorType?: Fields; unknown?: UnknownFields };
  const shape = tensorType?.shape as Fields | undefined;
  if (tensorType?.elemType === undefined || tensorType.unknown || shape?.unknown) {
    return { ...rest, otherType: originOf(type as object) };
  }
  return {
    ...rest,
    elemType: tensorType.elemType,
    ...(shape ? { shape: shape.dims } : {}),
    ...(typeUnknown ? { typeUnknown } : {}),
  };
}

function unfoldType({ elemType, shape, otherType, typeUnknown, ...rest }: Fields): Fields {
  if (otherType !== undefined) return { ...rest, type: { unknown: [otherType] } };
  if (elemType === undefined) return rest;
  const tensorType = { elemType, ...(shape ? { shape: { dims: shape } } : {}) };
  return { ...rest, type: { tensorType, ...(typeUnknown ? { unknown: typeUnknown } : {}) } };
}

const ATTRIBUTE_DEFAULTS: Readonly<Partial<Record<AttributeType, unknown>>> = {
  float: 0,
  int: 0,
  string: new Uint8Array(0),
  floats: NONE,
  ints: NONE,
  strings: NONE,
  tensors: NONE,
  graphs: NONE,
};

// Writers leave out empty lists, and proto3 writers zeros too: the field that `type` names still holds a value.
function fillAttributeValue(fields: Fields): Fields {
  const type = fields.type as AttributeType | undefined;
  if (type === undefined || fields.refAttrName !== undefined || fields[type] !== undefined) return fields;
  const value = ATTRIBUTE_DEFAULTS[type];
  return value === undefined ? fields : { ...fields, [type]: value };
}
