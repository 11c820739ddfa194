// The protobuf wire format: locating fields in bytes, reading and writing scalars. Knows nothing of ONNX.
// Every read is bounds-checked; broken bytes raise an EspalierError of kind `model`.
import { EspalierError } from '../errors.ts';

/** Wire types this codec reads: varint, 8 bytes, length-delimited, 4 bytes. Groups (3, 4) are refused. */
export const Wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** One of the {@link Wire} numbers. */
export type WireType = (typeof Wire)[keyof typeof Wire];

/** One field of an encoded message, located but not decoded. Offsets are into the message's bytes. */
export interface WireField {
  readonly number: number;
  readonly wire: WireType;
  /** Where the tag begins. */
  readonly tag: number;
  /** The payload is [start, end), its length prefix excluded. */
  readonly start: number;
  readonly end: number;
}

const TAG_LIMIT = 2 ** 32;
const MAX_VARINT_BYTES = 10;

/**
 * The fields of an encoded message in file order. `message` names it in errors. Codes `onnx.truncated`, `onnx.bad-varint`,
 * `onnx.bad-wire-type`, `onnx.bad-field-number`.
 */
export function* wireFields(bytes: Uint8Array, message: string): Generator<WireField> {
  let at = 0;
  while (at < bytes.length) {
    const tag = at;
    at = varintEnd(bytes, at, message);
    const key = readUint(bytes, tag, at);
    const number = Math.floor(key / 8);
    if (number === 0 || key >= TAG_LIMIT) {
      throw broken(
        'onnx.bad-field-number',
        `field number ${number} at byte ${tag} of a ${message} is not valid`,
      );
    }
    const wire = wireType(key % 8, tag, message);
    let start = at;
    if (wire === Wire.varint) {
      at = varintEnd(bytes, at, message);
    } else if (wire === Wire.bytes) {
      start = varintEnd(bytes, at, message);
      at = start + readUint(bytes, at, start);
    } else {
      at += wire === Wire.fixed64 ? 8 : 4;
    }
    if (at > bytes.length) throw truncated(message, number, at - start, bytes.length - start);
    yield { number, wire, tag, start, end: at };
  }
}

/** Where the varint that begins at `start` ends. */
export function varintEnd(bytes: Uint8Array, start: number, message: string): number {
  for (let at = start; at < start + MAX_VARINT_BYTES; at++) {
    const byte = bytes[at];
    if (byte === undefined) throw truncated(message, undefined, at - start + 1, bytes.length - start);
    if (byte < 0x80) return at + 1;
  }
  throw broken('onnx.bad-varint', `the integer at byte ${start} of a ${message} has no end within 10 bytes`);
}

/** The varint in [start, end) as an unsigned number; exact up to 2^53. */
export function readUint(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = end - 1; at >= start; at--) value = value * 128 + (bytes[at]! & 0x7f);
  return value;
}

/** The low 32 bits of the varint in [start, end), signed. */
export function readInt32(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  const last = Math.min(end, start + 5);
  for (let at = start; at < last; at++) value |= (bytes[at]! & 0x7f) << (7 * (at - start));
  return value;
}

/** The varint in [start, end) as an unsigned 64-bit integer. */
export function readUint64(bytes: Uint8Array, start: number, end: number): bigint {
  if (end - start <= 7) return BigInt(readUint(bytes, start, end));
  const low = readUint(bytes, start, start + 7);
  return BigInt.asUintN(64, BigInt(low) | (BigInt(readUint(bytes, start + 7, end)) << 49n));
}

/** The varint in [start, end) as a signed 64-bit integer: a number when that is exact, else a bigint. */
export function readInt64(bytes: Uint8Array, start: number, end: number): number | bigint {
  if (end - start <= 7) return readUint(bytes, start, end);
  const value = BigInt.asIntN(64, readUint64(bytes, start, end));
  const rounded = Number(value);
  return Number.isSafeInteger(rounded) ? rounded : value;
}

/** Collects encoded fields. Views of {@link LARGE} bytes and more are kept as they are, smaller ones are copied. */
export interface WireWriter {
  /** Bytes written so far. */
  readonly size: number;
  tag(number: number, wire: WireType): void;
  varint(value: number | bigint): void;
  float32(value: number): void;
  bytes(view: Uint8Array): void;
  /** What was written, in order. End of writing. */
  chunks(): readonly Uint8Array[];
}

/** From this many bytes on, a view is passed through instead of copied. */
export const LARGE = 1 << 16;

/** An empty {@link WireWriter}. */
export function createWriter(): WireWriter {
  const done: Uint8Array[] = [];
  let buffer = new Uint8Array(64);
  let used = 0;
  let flushed = 0;

  function reserve(count: number): void {
    if (used + count <= buffer.length) return;
    const grown = new Uint8Array(Math.max(buffer.length * 2, used + count));
    grown.set(buffer.subarray(0, used));
    buffer = grown;
  }

  function flush(): void {
    if (used > 0) done.push(buffer.subarray(0, used));
    flushed += used;
    buffer = new Uint8Array(64);
    used = 0;
  }

  function varint(value: number | bigint): void {
    reserve(MAX_VARINT_BYTES);
    if (typeof value === 'number' && value >= 0) {
      let rest = value;
      for (; rest >= 0x80; rest = Math.floor(rest / 128)) buffer[used++] = (rest % 128) | 0x80;
      buffer[used++] = rest;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) buffer[used++] = Number(rest & 0x7fn) | 0x80;
    buffer[used++] = Number(rest);
  }

  return {
    get size() {
      return flushed + used;
    },
    varint,
    tag(number, wire) {
      varint(number * 8 + wire);
    },
    float32(value) {
      reserve(4);
      new DataView(buffer.buffer).setFloat32(used, value, true);
      used += 4;
    },
    bytes(view) {
      if (view.length >= LARGE) {
        flush();
        done.push(view);
        flushed += view.length;
      } else {
        reserve(view.length);
        buffer.set(view, used);
        used += view.length;
      }
    },
    chunks() {
      flush();
      return done;
    },
  };
}

/** The chunks in one buffer. */
export function joinChunks(chunks: Iterable<Uint8Array>): Uint8Array {
  const list = [...chunks];
  const joined = new Uint8Array(list.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of list) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

function wireType(wire: number, tag: number, message: string): WireType {
  if (wire === Wire.varint || wire === Wire.bytes || wire === Wire.fixed32 || wire === Wire.fixed64)
    return wire;
  throw broken('onnx.bad-wire-type', `wire type ${wire} at byte ${tag} of a ${message} is not used by ONNX`);
}

function truncated(message: string, field: number | undefined, wanted: number, left: number): EspalierError {
  const what = field === undefined ? 'an integer' : `field ${field}`;
  return broken(
    'onnx.truncated',
    `${what} of a ${message} needs ${wanted} bytes, ${Math.max(left, 0)} are left`,
  );
}

function broken(code: string, message: string): EspalierError {
  return new EspalierError({ kind: 'model', code, message, hint: 'Copy or export the model again.' });
}
