// Small cuts with inputs to recover them on, for the tests of recalibration and reconstruction.
import type { Model } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount, makeTensor, tensorArray, toFloat32 } from '../onnx/tensor.ts';
import { analyse, dropChannels, engine } from '../plan/analysed-net.case.ts';
import { createRandom } from '../random.ts';
import { cutModel } from '../surgery/cut-model.ts';
import type { RecoveryTask } from './recovery.ts';

/** So many batches of standard normal inputs `x`. */
export function noiseFeeds(dims: readonly number[], batches: number, seed = 1): Record<'x', NdArray>[] {
  const random = createRandom(seed);
  return Array.from({ length: batches }, () => ({
    x: {
      type: 'float32',
      dims,
      data: Float32Array.from({ length: elementCount(dims) }, () => random.normal()),
    },
  }));
}

/** The model cut by channels of layers, with eight batches of noise. */
export async function cutTask(
  model: Model,
  dropped: Readonly<Record<string, readonly number[]>>,
  dims: readonly number[],
): Promise<RecoveryTask> {
  const { traced: original, coupling } = await analyse(model);
  const keep = dropChannels(original, coupling, dropped);
  const pruned = await cutModel(original, coupling, keep, engine);
  return { original, coupling, keep, pruned, feeds: noiseFeeds(dims, 8), engine };
}

/** The values of that name of a model over fresh inputs, one after the other. */
export async function valuesOf(model: Model, name: string, dims: readonly number[]): Promise<Float32Array> {
  const session = await engine.load({ ...model, graph: { ...model.graph, outputs: [{ name }] } });
  const values: number[] = [];
  for (const feeds of noiseFeeds(dims, 4, 99)) values.push(...toFloat32((await session.run(feeds))[name]!));
  await session.close();
  return Float32Array.from(values);
}

/** Mean square difference over the mean square of the second. */
export function distanceOf(found: Float32Array, wanted: Float32Array): number {
  let [error, size] = [0, 0];
  for (const [i, value] of wanted.entries()) {
    error += (found[i]! - value) ** 2;
    size += value ** 2;
  }
  return error / size;
}

/** The model with the contents of an initializer changed. */
export function withWeights(model: Model, name: string, change: (data: Float32Array) => Float32Array): Model {
  const initializers = model.graph.initializers.map((tensor) => {
    if (tensor.name !== name) return tensor;
    const array = tensorArray(tensor);
    return makeTensor(name, { ...array, data: change(toFloat32(array).slice()) });
  });
  return { ...model, graph: { ...model.graph, initializers } };
}
