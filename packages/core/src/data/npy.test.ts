import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EspalierError } from '../errors.ts';
import { decodeNpy } from './npy.ts';

/** A .npy file from the text of its header and its elements in hexadecimal. */
function npy(header: string, hex: string, version = 1): Uint8Array {
  const text = new TextEncoder().encode(`${header}\n`);
  const length =
    version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    version,
    0,
    ...length,
    ...text,
    ...fromHex(hex),
  ]);
}

function fromHex(hex: string): number[] {
  return (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
}

// Headers and elements as numpy 2.4.6 writes them: numpy.save of the array in the first column.
const saved = [
  [
    "arange(6, dtype='<f4').reshape(2, 3)",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
    '000000000000803f0000004000004040000080400000a040',
    { type: 'float32', dims: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) },
  ],
  [
    "asfortranarray(arange(12, dtype='<i4').reshape(2, 3, 2))",
    "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3, 2), }",
    '00000000060000000200000008000000040000000a00000001000000070000000300000009000000050000000b000000',
    { type: 'int32', dims: [2, 3, 2], data: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) },
  ],
  [
    "array([-1, 2**60], dtype='<i8')",
    "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }",
    'ffffffffffffffff0000000000000010',
    { type: 'int64', dims: [2], data: BigInt64Array.of(-1n, 2n ** 60n) },
  ],
  [
    'array(True)',
    "{'descr': '|b1', 'fortran_order': False, 'shape': (), }",
    '01',
    { type: 'bool', dims: [], data: Uint8Array.of(1) },
  ],
  [
    "array([1, -2], dtype='<f2')",
    "{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }",
    '003c00c0',
    { type: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc000) },
  ],
  [
    "zeros((0, 3), 'u1')",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 3), }",
    '',
    { type: 'uint8', dims: [0, 3], data: new Uint8Array(0) },
  ],
] as const;

describe('decodeNpy', () => {
  it.each(saved)('reads %s', (_, header, hex, expected) => {
    expect(decodeNpy(npy(header, hex), 'a.npy')).toEqual(expected);
    expect(decodeNpy(npy(header, hex, 2), 'a.npy')).toEqual(expected);
  });

  it('does not depend on where the file begins in its buffer', () => {
    const [, header, hex, expected] = saved[2];
    const file = npy(header, hex);
    for (let shift = 0; shift < 8; shift++) {
      const shifted = new Uint8Array(file.length + shift);
      shifted.set(file, shift);
      expect(decodeNpy(shifted.subarray(shift), 'a.npy')).toEqual(expected);
    }
  });

  it.each([
    ['data.bad-npy', 'does not begin', Uint8Array.of(1, 2, 3)],
    ['data.bad-npy', 'ends inside', npy(saved[0][1], '').subarray(0, 30)],
    ['data.bad-npy', 'has 23 bytes of elements', npy(saved[0][1], saved[0][2].slice(2))],
    ['data.bad-npy', 'damaged header', npy("{'descr': '<f4'}", '')],
    [
      'data.unsupported-npy',
      "'>f4'",
      npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", '00000000'),
    ],
    ['data.unsupported-npy', "'|O'", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", '00')],
    [
      'data.unsupported-npy',
      'record',
      npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", ''),
    ],
  ])('refuses with %s: %s', (code, message, bytes) => {
    expect(() => decodeNpy(bytes, 'a.npy')).toThrow(
      expect.objectContaining({ kind: 'data', code, message: expect.stringContaining(message) }),
    );
  });

  it('throws nothing but our error on damaged files', () => {
    const file = npy(saved[0][1], saved[0][2]);
    const place = fc.integer({ min: 0, max: file.length - 1 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
        place,
        (edits, cut) => {
          const damaged = file.slice(0, file.length - cut);
          for (const [at, byte] of edits) if (at < damaged.length) damaged[at] = byte;
          try {
            decodeNpy(damaged, 'a.npy');
          } catch (error) {
            expect(error).toBeInstanceOf(EspalierError);
          }
        },
      ),
    );
  });
});
