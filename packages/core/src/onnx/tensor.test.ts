import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel } from './codec.ts';
import { DataType, type Tensor } from './model.ts';
import type { ArrayType, NdArray } from './nd-array.ts';
import { richModel } from './rich-model.case.ts';
import {
  arrayTypeOf,
  checkTensor,
  dataTypeOf,
  elementCount,
  makeTensor,
  tensorArray,
  toFloat32,
} from './tensor.ts';

const arrays: readonly NdArray[] = [
  { type: 'float32', dims: [2, 1], data: Float32Array.of(1.5, -2) },
  { type: 'float64', dims: [2], data: Float64Array.of(Math.PI, 0) },
  { type: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc000) },
  { type: 'int8', dims: [2], data: Int8Array.of(-128, 127) },
  { type: 'uint8', dims: [2], data: Uint8Array.of(0, 255) },
  { type: 'int16', dims: [2], data: Int16Array.of(-32768, 32767) },
  { type: 'uint16', dims: [2], data: Uint16Array.of(0, 65535) },
  { type: 'int32', dims: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
  { type: 'uint32', dims: [2], data: Uint32Array.of(0, 2 ** 32 - 1) },
  { type: 'int64', dims: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
  { type: 'uint64', dims: [2], data: BigUint64Array.of(0n, 2n ** 64n - 1n) },
  { type: 'bool', dims: [2], data: Uint8Array.of(0, 1) },
  { type: 'float32', dims: [], data: Float32Array.of(7) },
  { type: 'float32', dims: [3, 0], data: new Float32Array(0) },
];

/** The tensor after a round trip through a file, one byte longer at a time so that its data lie at every alignment. */
function reread(tensor: Tensor, shift: number): Tensor {
  const graph = { ...richModel.graph, name: 'x'.repeat(shift), initializers: [tensor] };
  return decodeModel(encodeModel({ ...richModel, graph })).graph.initializers[0]!;
}

/** The tensor with its elements in the typed field that onnx.proto states for its type. */
function inTypedField({ type, dims, data }: NdArray): Tensor {
  const tensor = { dims, dataType: dataTypeOf(type) };
  const values = Array.from<number | bigint>(data as ArrayLike<number | bigint>);
  switch (type) {
    case 'float32':
      return { ...tensor, floatData: Float32Array.from(values, Number) };
    case 'float64':
      return { ...tensor, doubleData: Float64Array.from(values, Number) };
    case 'int64':
      return { ...tensor, int64Data: BigInt64Array.from(values, BigInt) };
    case 'uint32':
    case 'uint64':
      return { ...tensor, uint64Data: BigUint64Array.from(values, BigInt) };
    default:
      return { ...tensor, int32Data: Int32Array.from(values, Number) };
  }
}

describe.each(arrays)('$type $dims', (array) => {
  it('as raw bytes', () => {
    for (let shift = 0; shift < 8; shift++) {
      expect(tensorArray(reread(makeTensor('t', array), shift))).toEqual(array);
    }
  });

  it('in its typed field', () => {
    expect(tensorArray(inTypedField(array))).toEqual(array);
    expect(tensorArray(reread(inTypedField(array), 0))).toEqual(array);
  });

  it('names its type both ways', () => {
    expect(arrayTypeOf(dataTypeOf(array.type))).toBe(array.type);
  });
});

it('aligned raw bytes are not copied', () => {
  const data = Float32Array.of(1, 2);
  expect(tensorArray(makeTensor('t', { type: 'float32', dims: [2], data })).data.buffer).toBe(data.buffer);
});

it('half precision and integers become float32, float32 stays itself', () => {
  const as = (type: ArrayType) => [...toFloat32(arrays.find((array) => array.type === type)!)];
  expect(as('float16')).toEqual([1, -2]);
  expect(as('int8')).toEqual([-128, 127]);
  expect(as('int64')).toEqual([-(2 ** 63), 2 ** 63]);
  const { data } = arrays[0]!;
  expect(toFloat32(arrays[0]!)).toBe(data);
});

it('counts elements', () => {
  expect([elementCount([]), elementCount([2, 3]), elementCount([4, 0])]).toEqual([1, 6, 0]);
});

it.each<[string, Tensor, RegExp]>([
  [
    'tensor.size-mismatch',
    { name: 'w', dims: [3], dataType: 1, raw: new Uint8Array(8) },
    /'w'.*8 bytes instead of 12/,
  ],
  [
    'tensor.size-mismatch',
    { name: 'w', dims: [3], dataType: 1, floatData: new Float32Array(2) },
    /2 elements instead of 3/,
  ],
  [
    'tensor.size-mismatch',
    { name: 'w', dims: [1], dataType: 1, int32Data: new Int32Array(1) },
    /0 elements instead of 1/,
  ],
  ['tensor.bad-dims', { name: 'w', dims: [-1], dataType: 1 }, /\[-1\]/],
  ['tensor.bad-dims', { name: 'w', dims: [2 ** 31, 2 ** 31], dataType: 1 }, /'w'/],
])('%s', (code, tensor, message) => {
  const error = expect.objectContaining({ kind: 'model', code, message: expect.stringMatching(message) });
  expect(() => tensorArray(tensor)).toThrow(error);
  expect(() => checkTensor(tensor)).toThrow(error);
});

it('types no array holds are refused only when their values are asked for', () => {
  const names = ['bfloat16', 'float8e4m3fn', 'int4', 'string', 'complex64'] as const;
  for (const name of names) {
    const tensor: Tensor = { name: 'w', dims: [2], dataType: DataType[name], raw: new Uint8Array(4) };
    expect(() => checkTensor(tensor)).not.toThrow();
    expect(() => tensorArray(tensor)).toThrow(
      expect.objectContaining({ code: 'tensor.unsupported-type', message: expect.stringContaining(name) }),
    );
  }
});

it('external data that were not read are named', () => {
  const tensor: Tensor = { name: 'w', dims: [2], dataType: 1, external: { location: 'w.bin', offset: 0 } };
  expect(() => tensorArray(tensor)).toThrow(expect.objectContaining({ code: 'tensor.external-unread' }));
});

it('an array whose dims do not fit its data makes no tensor', () => {
  expect(() => makeTensor('w', { type: 'float32', dims: [3], data: new Float32Array(2) })).toThrow(/'w'/);
});
