// One batch through a model: the right element type, the batch size the model insists on.
import {
  EspalierError,
  elementCount,
  float32ToFloat16,
  type NdArray,
  type Session,
  type ValueType,
} from '@espalier/core';

/** The input that data are fed to. Error: `data.several-inputs` when the model has more than one. */
export function dataInput(session: Session): ValueType {
  const [input, second] = session.inputs;
  if (input && !second) return input;
  throw new EspalierError({
    kind: 'data',
    code: 'data.several-inputs',
    message: `The model has ${session.inputs.length} inputs: ${session.inputs.map(({ name }) => `'${name}'`).join(', ')}.`,
    hint: 'Data sets feed models with one input; measure others with --metric of your own program.',
  });
}

/** The batch size a model insists on; undefined when any will do. */
export function fixedBatch(input: ValueType): number | undefined {
  const [batch] = input.dims ?? [];
  return typeof batch === 'number' && batch > 0 ? batch : undefined;
}

/**
 * A batch as the model takes it: converted to its element type, filled with zeros up to a fixed batch size.
 * Errors: `data.several-inputs`, `data.wrong-size`, `data.wrong-type`.
 */
export function prepareFeeds(session: Session, batch: NdArray): Readonly<Record<string, NdArray>> {
  const input = dataInput(session);
  checkSize(batch, input);
  const size = fixedBatch(input) ?? batch.dims[0]!;
  return { [input.name]: resizeBatch(convertInput(batch, input), size) };
}

/**
 * Runs a batch and returns every output of it. A model with a fixed batch gets the rest filled with zeros, and what it answers to them is
 * dropped. Errors: those of {@link prepareFeeds} and `Session.run`.
 */
export async function runBatch(session: Session, batch: NdArray): Promise<Readonly<Record<string, NdArray>>> {
  const count = batch.dims[0]!;
  const size = fixedBatch(dataInput(session)) ?? count;
  return dropFilling(await session.run(prepareFeeds(session, batch)), size, count);
}

/** What a model answered to the first `count` of the `size` rows it was fed. */
export function dropFilling(
  outputs: Readonly<Record<string, NdArray>>,
  size: number,
  count: number,
): Readonly<Record<string, NdArray>> {
  if (size === count) return outputs;
  const trimmed = Object.entries(outputs).map(([name, array]) => [
    name,
    array.dims[0] === size ? resizeBatch(array, count) : array,
  ]);
  return Object.fromEntries(trimmed);
}

function checkSize({ dims }: NdArray, { name, dims: wanted = dims }: ValueType): void {
  const fits =
    dims.length === wanted.length &&
    wanted.every((size, axis) => axis === 0 || typeof size !== 'number' || size < 0 || size === dims[axis]);
  if (fits) return;
  throw new EspalierError({
    kind: 'data',
    code: 'data.wrong-size',
    message: `The input '${name}' takes [${wanted.map((size) => size ?? '?').join(', ')}], the data are [${dims.join(', ')}].`,
    hint: 'Preprocess to that size, such as --preprocess "size=224x224".',
  });
}

/** The same rows, then zeros or nothing, `count` in all. */
function resizeBatch(array: NdArray, count: number): NdArray {
  const dims = [count, ...array.dims.slice(1)];
  const length = elementCount(dims);
  if (length === array.data.length) return array;
  const Data = array.data.constructor as new (length: number) => Float32Array;
  const data = new Data(length);
  // Both are of one type, so number and bigint arrays never meet here.
  data.set((array.data as Float32Array).subarray(0, length));
  return { ...array, dims, data };
}

function convertInput(array: NdArray, { name, type }: ValueType): NdArray {
  if (type === undefined || type === array.type) return array;
  const { dims, data } = array;
  if (array.type === 'float32') {
    const values = data as Float32Array;
    if (type === 'float16') return { type, dims, data: float32ToFloat16(values) };
    if (type === 'float64') return { type, dims, data: Float64Array.from(values) };
    if (type === 'uint8') return { type, dims, data: Uint8Array.from(values, Math.round) };
  }
  throw new EspalierError({
    kind: 'data',
    code: 'data.wrong-type',
    message: `The input '${name}' takes ${type}, the data are ${array.type}.`,
    hint: `Convert the data to ${type}.`,
  });
}
