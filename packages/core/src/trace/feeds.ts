// Random inputs for traces, proofs and timing.
import type { ValueType } from '../engine/engine.ts';
import type { InputSize } from '../graph/traced-model.ts';
import type { ArrayData, NdArray } from '../onnx/nd-array.ts';
import { elementCount, float32ToFloat16 } from '../onnx/tensor.ts';
import type { Random } from '../random.ts';

/** One random array per input: standard normal for floats, 0 for integers, false for booleans. */
export function randomFeeds(
  size: InputSize,
  types: ReadonlyMap<string, ValueType['type']>,
  random: Random,
): Readonly<Record<string, NdArray>> {
  return Object.fromEntries(
    Object.entries(size).map(([name, dims]) => [
      name,
      randomArray(types.get(name) ?? 'float32', dims, random),
    ]),
  );
}

function randomArray(type: ValueType['type'], dims: readonly number[], random: Random): NdArray {
  const count = elementCount(dims);
  const fill = <T extends Float32Array | Float64Array>(data: T): T => {
    for (let i = 0; i < count; i++) data[i] = random.normal();
    return data;
  };
  const make = (): ArrayData => {
    switch (type) {
      case 'float64':
        return fill(new Float64Array(count));
      case 'float16':
        return float32ToFloat16(fill(new Float32Array(count)));
      case 'int64':
        return new BigInt64Array(count);
      case 'uint64':
        return new BigUint64Array(count);
      case 'int32':
        return new Int32Array(count);
      case 'uint32':
        return new Uint32Array(count);
      case 'int16':
        return new Int16Array(count);
      case 'uint16':
        return new Uint16Array(count);
      case 'int8':
        return new Int8Array(count);
      case 'uint8':
      case 'bool':
        return new Uint8Array(count);
      default:
        return fill(new Float32Array(count));
    }
  };
  const known = type === undefined || type === 'string' || type === 'other' ? 'float32' : type;
  return { type: known, dims, data: make() };
}
