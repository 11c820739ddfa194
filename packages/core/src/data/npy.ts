// Arrays as NumPy saves them (.npy, format 1.0 to 3.0): header and elements to an NdArray.

import { EspalierError } from '../errors.ts';
import type { ArrayData, ArrayType, NdArray } from '../onnx/nd-array.ts';

type ArrayConstructor = {
  new (buffer: ArrayBuffer, offset: number, length: number): ArrayData;
  new (length: number): ArrayData;
};

/** Element types by NumPy's kind letter and byte size; float16 stays a 16-bit pattern, as engines exchange it. */
const TYPES: Readonly<Record<string, readonly [ArrayType, ArrayConstructor]>> = {
  f2: ['float16', Uint16Array as ArrayConstructor],
  f4: ['float32', Float32Array as ArrayConstructor],
  f8: ['float64', Float64Array as ArrayConstructor],
  i1: ['int8', Int8Array as ArrayConstructor],
  i2: ['int16', Int16Array as ArrayConstructor],
  i4: ['int32', Int32Array as ArrayConstructor],
  i8: ['int64', BigInt64Array as ArrayConstructor],
  u1: ['uint8', Uint8Array as ArrayConstructor],
  u2: ['uint16', Uint16Array as ArrayConstructor],
  u4: ['uint32', Uint32Array as ArrayConstructor],
  u8: ['uint64', BigUint64Array as ArrayConstructor],
  b1: ['bool', Uint8Array as ArrayConstructor],
};

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Reads a .npy file; `name` is the file's name for messages. The result is a view into `bytes` where alignment allows, and is
 * put into row-major order where the file is column-major. Errors, kind `data`: `data.bad-npy` (no such file, truncated, damaged
 * header), `data.unsupported-npy` (big-endian, strings, objects, complex numbers).
 */
export function decodeNpy(bytes: Uint8Array, name: string): NdArray {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw badNpy(name, 'does not begin as a .npy file');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const longHeader = bytes[6]! >= 2;
  const start = longHeader ? 12 : 10;
  const length = longHeader && bytes.length >= 12 ? view.getUint32(8, true) : view.getUint16(8, true);
  if (start + length > bytes.length) throw badNpy(name, 'ends inside its header');
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));

  const descr = /['"]descr['"]\s*:\s*['"]([^'"]*)['"]/.exec(header)?.[1];
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(header)?.[1];
  const shape = /['"]shape['"]\s*:\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (shape === undefined || order === undefined)
    throw badNpy(name, `has a damaged header: ${header.trim()}`);
  const [type, Data] = (/^[<|=]/.test(descr ?? '') ? TYPES[descr!.slice(1)] : undefined) ?? [];
  if (type === undefined || Data === undefined) {
    throw new EspalierError({
      kind: 'data',
      code: 'data.unsupported-npy',
      message: `'${name}' holds elements of type '${descr ?? 'record'}', which are not supported.`,
      hint: `Save it as one of ${Object.keys(TYPES).join(', ')}, little-endian: array.astype('<f4').`,
    });
  }
  const dims = shape
    .split(',')
    .filter((dim) => dim.trim() !== '')
    .map(Number);
  const count = dims.reduce((product, dim) => product * dim, 1);
  const size = Number(descr!.slice(2));
  const offset = start + length;
  if (!(bytes.length - offset >= count * size)) {
    throw badNpy(
      name,
      `has ${bytes.length - offset} bytes of elements, its shape (${dims}) needs ${count * size}`,
    );
  }
  // The elements may begin anywhere in the buffer, typed arrays need a multiple of their size. (A constructor copies for
  // certain; `slice` of a Node Buffer is a view.)
  const raw = bytes.subarray(offset, offset + count * size);
  const aligned = raw.byteOffset % size === 0 ? raw : new Uint8Array(raw);
  const data = new Data(aligned.buffer as ArrayBuffer, aligned.byteOffset, count);
  return { type, dims, data: order === 'True' ? toRowMajor(data, dims, Data) : data };
}

function toRowMajor(data: ArrayData, dims: readonly number[], Data: ArrayConstructor): ArrayData {
  const out = new Data(data.length);
  const index = dims.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    let position = 0;
    for (let axis = dims.length - 1; axis >= 0; axis--) position = position * dims[axis]! + index[axis]!;
    out[i] = data[position]!;
    for (let axis = dims.length - 1; axis >= 0 && ++index[axis]! === dims[axis]; axis--) index[axis] = 0;
  }
  return out;
}

function badNpy(name: string, what: string): EspalierError {
  return new EspalierError({
    kind: 'data',
    code: 'data.bad-npy',
    message: `'${name}' ${what}.`,
    hint: 'Save the array again with numpy.save or numpy.savez.',
  });
}
