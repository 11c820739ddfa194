// The kinds of values ONNX messages hold and how each is read and written: text, bytes, integers, floats, typed blocks.
// Typed blocks are views of the file where their alignment allows it (hosts are little-endian, as the format is).
import { EspalierError } from '../errors.ts';
import { type BlockRule, type ValueRule, writeNested } from './message-codec.ts';
import { readInt32, readInt64, readUint64, varintEnd, Wire, type WireWriter } from './wire.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();
const SHORT = 48;

/** UTF-8 text; undefined when the bytes are no UTF-8. */
export const text: ValueRule = {
  wire: Wire.bytes,
  read: readText,
  write: (writer, value: string) => writeSized(writer, encoder.encode(value)),
};

/** Bytes, as a view. */
export const bytes: ValueRule = {
  wire: Wire.bytes,
  read: (bytes, start, end) => bytes.subarray(start, end),
  write: (writer, value: Uint8Array) => writeSized(writer, value),
};

/** int64 as a number, or as a bigint where a number would round. */
export const int64: ValueRule = {
  wire: Wire.varint,
  read: readInt64,
  write: (writer, value: number | bigint) => writer.varint(value),
};

/** int64 as a number; undefined when a number would round. */
export const exactInteger: ValueRule = {
  wire: Wire.varint,
  read(bytes, start, end) {
    const value = readInt64(bytes, start, end);
    return typeof value === 'number' ? value : undefined;
  },
  write: (writer, value: number) => writer.varint(value),
};

/** One float32 as a number. */
export const float32: ValueRule = {
  wire: Wire.fixed32,
  read: (bytes, start) => new DataView(bytes.buffer, bytes.byteOffset).getFloat32(start, true),
  write: (writer, value: number) => writer.float32(value),
};

/** A number that stands for a name; undefined for numbers without one. */
export function named(names: Readonly<Record<number, string>>): ValueRule {
  const numbers = new Map(Object.entries(names).map(([number, name]) => [name, Number(number)]));
  return {
    wire: Wire.varint,
    read: (bytes, start, end) => names[readInt32(bytes, start, end)],
    write: (writer, value: string) => writer.varint(numbers.get(value)!),
  };
}

/** Sizes of a shape: exact integers, one field each. */
export const sizes: BlockRule = {
  wire: Wire.varint,
  read: (block) =>
    readVarints(block, (start, end) => {
      const value = readInt64(block, start, end);
      if (typeof value === 'number') return value;
      throw invalid('onnx.bad-value', `a tensor has a dimension of ${value}`);
    }),
  write: writeIntegers,
};

/** int64 values, one field each. */
export const integers: BlockRule = {
  wire: Wire.varint,
  read: (block) => readVarints(block, (start, end) => readInt64(block, start, end)),
  write: writeIntegers,
};

/** float32 values as numbers, one field each. */
export const floats: BlockRule = {
  wire: Wire.fixed32,
  read: (block) => Array.from(readFixed(block, Float32Array)),
  write(writer, number, values: readonly number[]) {
    for (const value of values) {
      writer.tag(number, Wire.fixed32);
      writer.float32(value);
    }
  },
};

/** Packed float32 values. */
export const packedFloats = fixedBlock(Wire.fixed32, Float32Array);

/** Packed float64 values. */
export const packedDoubles = fixedBlock(Wire.fixed64, Float64Array);

/** Packed int32 values. */
export const packedInt32 = varintBlock(Int32Array, readInt32);

/** Packed int64 values. */
export const packedInt64 = varintBlock(BigInt64Array, readUint64);

/** Packed uint64 values. */
export const packedUint64 = varintBlock(BigUint64Array, readUint64);

/** The elements of a block of little-endian values: a view where aligned, else a copy. */
export function readFixed<T extends TypedArray>(block: Uint8Array, type: TypedArrayType<T>): T {
  const size = type.BYTES_PER_ELEMENT;
  if (block.length % size !== 0) {
    throw invalid('onnx.truncated', `${block.length} bytes are no whole number of ${size}-byte elements`);
  }
  const aligned = block.byteOffset % size === 0 ? block : block.slice();
  return new type(aligned.buffer, aligned.byteOffset, aligned.length / size);
}

/** Typed arrays whose elements have more than one byte or are plain numbers. */
export type TypedArray = {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
};

/** A typed array's constructor. */
export interface TypedArrayType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/** The bytes of a typed array, as a view. */
export function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

// A fatal TextDecoder costs more than the short ASCII names that most fields hold.
function readText(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= SHORT) {
    let result = '';
    for (let at = start; at < end && bytes[at]! < 0x80; at++) result += String.fromCharCode(bytes[at]!);
    if (result.length === end - start) return result;
  }
  try {
    return decoder.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}

function writeSized(writer: WireWriter, view: Uint8Array): void {
  writer.varint(view.length);
  writer.bytes(view);
}

function writeIntegers(writer: WireWriter, number: number, values: readonly (number | bigint)[]): void {
  for (const value of values) {
    writer.tag(number, Wire.varint);
    writer.varint(value);
  }
}

function readVarints<T>(block: Uint8Array, read: (start: number, end: number) => T): T[] {
  const values: T[] = [];
  for (let at = 0; at < block.length; ) {
    const end = varintEnd(block, at, 'list');
    values.push(read(at, end));
    at = end;
  }
  return values;
}

function fixedBlock<T extends TypedArray & { readonly length: number }>(
  wire: typeof Wire.fixed32 | typeof Wire.fixed64,
  type: TypedArrayType<T>,
): BlockRule {
  return {
    wire,
    read: (block) => readFixed(block, type),
    write(writer, number, values: T) {
      if (values.length === 0) return;
      writer.tag(number, Wire.bytes);
      writeSized(writer, bytesOf(values));
    },
  };
}

function varintBlock<E extends number | bigint>(
  type: new (length: number) => { readonly length: number; [index: number]: E },
  read: (bytes: Uint8Array, start: number, end: number) => E,
): BlockRule {
  return {
    wire: Wire.varint,
    read(block) {
      // Elements end where the continuation bit is clear: counting first allocates no more than the block can fill.
      let count = 0;
      for (const byte of block) if (byte < 0x80) count++;
      const values = new type(count);
      for (let at = 0, i = 0; at < block.length; i++) {
        const end = varintEnd(block, at, 'packed list');
        values[i] = read(block, at, end);
        at = end;
      }
      return values;
    },
    write(writer, number, values: ArrayLike<E>) {
      if (values.length === 0) return;
      writeNested(writer, number, (inner) => {
        for (let i = 0; i < values.length; i++) inner.varint(values[i]!);
      });
    },
  };
}

function invalid(code: string, message: string): EspalierError {
  return new EspalierError({ kind: 'model', code, message, hint: 'Copy or export the model again.' });
}
