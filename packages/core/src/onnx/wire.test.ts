import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createWriter,
  joinChunks,
  LARGE,
  readInt32,
  readInt64,
  readUint,
  readUint64,
  Wire,
  wireFields,
} from './wire.ts';

const written = (value: number | bigint): Uint8Array => {
  const writer = createWriter();
  writer.varint(value);
  return joinChunks(writer.chunks());
};

describe('varints', () => {
  it('known encodings', () => {
    expect([...written(0)]).toEqual([0]);
    expect([...written(300)]).toEqual([0xac, 2]);
    expect([...written(-1)]).toEqual([...Array(9).fill(0xff), 1]);
    expect([...written(2n ** 64n - 1n)]).toEqual([...written(-1)]);
  });

  it('64-bit integers come back, as numbers where those are exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = written(value);
        const back = readInt64(bytes, 0, bytes.length);
        expect(BigInt(back)).toBe(value);
        expect(typeof back).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
        expect(readUint64(bytes, 0, bytes.length)).toBe(BigInt.asUintN(64, value));
        expect(readInt32(bytes, 0, bytes.length)).toBe(Number(BigInt.asIntN(32, value)));
      }),
    );
  });

  it('numbers and bigints are written alike', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(written(value)).toEqual(written(BigInt(value)));
        if (value >= 0) expect(readUint(written(value), 0, written(value).length)).toBe(value);
      }),
    );
  });
});

describe('fields', () => {
  it('are located in file order, whatever their wire type', () => {
    const bytes = Uint8Array.of(0x08, 0x96, 1, 0x12, 2, 7, 8, 0x1d, 0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0);
    expect([...wireFields(bytes, 'M')]).toEqual([
      { number: 1, wire: Wire.varint, tag: 0, start: 1, end: 3 },
      { number: 2, wire: Wire.bytes, tag: 3, start: 5, end: 7 },
      { number: 3, wire: Wire.fixed32, tag: 7, start: 8, end: 12 },
      { number: 4, wire: Wire.fixed64, tag: 12, start: 13, end: 21 },
    ]);
  });

  it.each([
    [[0x08], 'onnx.truncated'],
    [[0x1d, 0, 0, 0], 'onnx.truncated'],
    [[0x12, 3, 0, 0], 'onnx.truncated'],
    [[0x0b], 'onnx.bad-wire-type'],
    [[0x07], 'onnx.bad-field-number'],
    [[0x88, 0x80, 0x80, 0x80, 0x10, 0], 'onnx.bad-field-number'],
  ])('%j: %s', (bytes, code) => {
    expect(() => [...wireFields(Uint8Array.from(bytes), 'NodeProto')]).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('NodeProto') }),
    );
  });
});

it('the writer keeps order and size, and copies only small pieces', () => {
  const small = Uint8Array.of(1, 2, 3);
  const large = new Uint8Array(LARGE).fill(4);
  const writer = createWriter();
  writer.bytes(small);
  writer.bytes(large);
  writer.float32(1);
  writer.tag(2, Wire.bytes);
  expect(writer.size).toBe(3 + LARGE + 5);
  const chunks = writer.chunks();
  expect(chunks).toHaveLength(3);
  expect(chunks[1]).toBe(large);
  expect(joinChunks(chunks)).toEqual(Uint8Array.from([1, 2, 3, ...large, 0, 0, 0x80, 0x3f, 0x12]));
});
