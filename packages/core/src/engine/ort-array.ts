// Arrays on their way into and out of ONNX Runtime: espalier's NdArray on one side, the runtime's Tensor on the other.
import { EspalierError } from '../errors.ts';
import type { ArrayData, ArrayType, NdArray } from '../onnx/nd-array.ts';

/** The part of a runtime's tensor that is read. */
export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** Makes a runtime's tensor; throws what the runtime does when the parts do not belong together. */
export type MakeOrtTensor<Tensor extends OrtTensor> = (
  type: ArrayType,
  data: ArrayData,
  dims: readonly number[],
) => Tensor;

const arrayTypes: ReadonlySet<string> = new Set<ArrayType>([
  'float32',
  'float64',
  'float16',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
]);

/** Whether a runtime's element type is one an {@link NdArray} can hold; strings and 4-bit integers are not. */
export function isArrayType(type: string): type is ArrayType {
  return arrayTypes.has(type);
}

/**
 * The runtime's tensor over an array's own memory; shared memory, which the runtime refuses, is copied.
 * Throws `engine.run-failed` naming the input when type, dims and data do not belong together.
 */
export function toOrtTensor<Tensor extends OrtTensor>(
  makeTensor: MakeOrtTensor<Tensor>,
  name: string,
  array: NdArray,
): Tensor {
  const data = array.data.buffer instanceof ArrayBuffer ? array.data : array.data.slice();
  try {
    return makeTensor(array.type, data, array.dims);
  } catch (cause) {
    throw new EspalierError({
      kind: 'engine',
      code: 'engine.run-failed',
      message: `Input '${name}' cannot be made from ${data.length} ${data.constructor.name} elements as ${array.type} of shape [${array.dims.join(', ')}].`,
      hint: 'Give as many elements as the product of the shape, in the typed array of that element type.',
      cause,
    });
  }
}

/**
 * The array a runtime's tensor holds, without copying. Newer versions of Node have Float16Array and the runtime then uses it;
 * its bits come back as the Uint16Array that espalier exchanges. Throws `engine.run-failed` for strings and 4-bit integers.
 */
export function fromOrtTensor(name: string, tensor: OrtTensor): NdArray {
  const { type, dims } = tensor;
  if (!isArrayType(type)) {
    throw new EspalierError({
      kind: 'engine',
      code: 'engine.run-failed',
      message: `Output '${name}' holds ${type} elements, which espalier does not exchange.`,
      hint: 'Fetch only the outputs that hold numbers.',
    });
  }
  const data = tensor.data as ArrayData;
  if (type !== 'float16' || data instanceof Uint16Array) return { type, dims, data };
  const halves = data as ArrayData;
  return { type, dims, data: new Uint16Array(halves.buffer, halves.byteOffset, halves.length) };
}
