// The codec against an independent protobuf implementation that knows onnx.proto only from the field table below.
import { create, createFileRegistry, type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type FieldDescriptorProto_Type as FieldType,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';
import { expect, it } from 'vitest';
import { decodeModel, encodeModel } from './codec.ts';
import { richModel, unknownField } from './rich-model.case.ts';

// number name type; [] repeated, [packed] packed. Public facts of onnx.proto.
const MESSAGES: Readonly<Record<string, string>> = {
  ModelProto:
    '1 ir_version int64, 2 producer_name string, 3 producer_version string, 4 domain string, 5 model_version int64, 6 doc_string string, 7 graph GraphProto, 8 opset_import OperatorSetIdProto[], 14 metadata_props StringStringEntryProto[]',
  OperatorSetIdProto: '1 domain string, 2 version int64',
  StringStringEntryProto: '1 key string, 2 value string',
  GraphProto:
    '1 node NodeProto[], 2 name string, 5 initializer TensorProto[], 10 doc_string string, 11 input ValueInfoProto[], 12 output ValueInfoProto[], 13 value_info ValueInfoProto[], 15 sparse_initializer SparseTensorProto[], 16 metadata_props StringStringEntryProto[]',
  NodeProto:
    '1 input string[], 2 output string[], 3 name string, 4 op_type string, 5 attribute AttributeProto[], 6 doc_string string, 7 domain string',
  AttributeProto:
    '1 name string, 2 f float, 3 i int64, 4 s bytes, 5 t TensorProto, 6 g GraphProto, 7 floats float[], 8 ints int64[], 9 strings bytes[], 10 tensors TensorProto[], 11 graphs GraphProto[], 13 doc_string string, 20 type int32, 21 ref_attr_name string',
  TensorProto:
    '1 dims int64[], 2 data_type int32, 4 float_data float[packed], 5 int32_data int32[packed], 6 string_data bytes[], 7 int64_data int64[packed], 8 name string, 9 raw_data bytes, 10 double_data double[packed], 11 uint64_data uint64[packed], 12 doc_string string, 13 external_data StringStringEntryProto[], 14 data_location int32, 16 metadata_props StringStringEntryProto[]',
  SparseTensorProto: '1 values TensorProto, 2 indices TensorProto, 3 dims int64[]',
  ValueInfoProto:
    '1 name string, 2 type TypeProto, 3 doc_string string, 4 metadata_props StringStringEntryProto[]',
  TypeProto: '1 tensor_type TensorType, 6 denotation string',
  TensorType: '1 elem_type int32, 2 shape TensorShapeProto',
  TensorShapeProto: '1 dim Dimension[]',
  Dimension: '1 dim_value int64, 2 dim_param string, 3 denotation string',
};

const SCALARS: Readonly<Record<string, FieldType>> = {
  int64: Type.INT64,
  uint64: Type.UINT64,
  int32: Type.INT32,
  float: Type.FLOAT,
  double: Type.DOUBLE,
  string: Type.STRING,
  bytes: Type.BYTES,
};

const file = create(FileDescriptorProtoSchema, {
  name: 'onnx.proto',
  syntax: 'proto2',
  messageType: Object.entries(MESSAGES).map(([name, fields]) => ({
    name,
    field: fields.split(', ').map((field) => {
      const [number, key, type = ''] = field.split(' ');
      const [base, list] = type.replace(']', '').split('[');
      return {
        name: key!,
        number: Number(number),
        label: list === undefined ? Label.OPTIONAL : Label.REPEATED,
        type: SCALARS[base!] ?? Type.MESSAGE,
        ...(SCALARS[base!] === undefined && { typeName: `.${base}` }),
        ...(list === 'packed' && { options: { packed: true } }),
      };
    }),
  })),
});

const ModelProto: DescMessage = createFileRegistry(file, () => undefined).getMessage('ModelProto')!;

it('what the codec writes, the oracle reads and writes alike', () => {
  const bytes = encodeModel(richModel);
  expect(toBinary(ModelProto, fromBinary(ModelProto, bytes))).toEqual(bytes);
});

it('the oracle finds the values in their fields', () => {
  const read = fromBinary(ModelProto, encodeModel(richModel)) as unknown as Record<string, never>;
  expect(read).toMatchObject({
    irVersion: 10n,
    producerName: 'by hand',
    opsetImport: [{ domain: '', version: 17n }, { domain: 'my' }],
    graph: {
      node: [{ input: ['x', '', 'w'], output: ['y', ''], opType: 'Odd', domain: 'my' }],
      initializer: [
        { name: 'w', dims: [2n, 3n], dataType: 1 },
        { name: 'floats', floatData: [1.5, -2] },
        { name: 'ints', int32Data: [-1, 2 ** 31 - 1, -(2 ** 31)] },
        { name: 'texts' },
        { name: 'longs', int64Data: [0n, -1n, 2n ** 62n, -(2n ** 63n)] },
        { name: 'doubles', doubleData: [Math.PI] },
        { name: 'unsigned', uint64Data: [2n ** 64n - 1n, 300n] },
        {
          name: 'outside',
          dataLocation: 1,
          externalData: [
            { key: 'location', value: 'w.bin' },
            { key: 'offset', value: '4096' },
            { key: 'length', value: '20' },
          ],
        },
      ],
      input: [
        { type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'n' }, { dimValue: 3n }, {}] } } } },
        {},
      ],
    },
  });
  const { attribute } = (read as unknown as { graph: { node: { attribute: unknown[] }[] } }).graph.node[0]!;
  expect(attribute.slice(0, 3)).toMatchObject([
    { name: 'f', f: 0.5, type: 1 },
    { name: 'i', i: -3n, type: 2 },
    { name: 'most', i: 2n ** 63n - 1n, type: 2 },
  ]);
  expect(attribute.slice(6, 8)).toMatchObject([
    { floats: [1, -2.5, 3], type: 6 },
    { ints: [1n, -1n, -(2n ** 63n), 2n ** 40n], type: 7 },
  ]);
});

it('what the oracle writes, the codec reads', () => {
  const bytes = toBinary(ModelProto, fromBinary(ModelProto, encodeModel(richModel)));
  const attributes = decodeModel(bytes).graph.nodes[0]!.attributes;
  expect(attributes).toEqual(richModel.graph.nodes[0]!.attributes);
  expect(attributes.at(-1)!.unknown).toEqual([unknownField]);
});
