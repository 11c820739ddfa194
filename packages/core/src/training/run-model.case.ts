// What tests of training share: small models run once, losses with their gradients checked against central differences.

import { Emitter } from '../autodiff/emitter.ts';
import { expectClose } from '../autodiff/gradient-check.case.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount, toFloat32 } from '../onnx/tensor.ts';
import { engine } from '../plan/analysed-net.case.ts';
import { createRandom } from '../random.ts';
import type { WrittenLoss } from './loss.ts';
import type { LossContext } from './training-graph.ts';

export { engine } from '../plan/analysed-net.case.ts';

/** Arrays by the name of a value. */
export type Arrays = Readonly<Record<string, NdArray>>;

/** A float32 array of those numbers. */
export const array = (dims: readonly number[], data: ArrayLike<number>): NdArray => ({
  type: 'float32',
  dims,
  data: Float32Array.from(data),
});

/** Standard normal numbers, the same for the same seed. */
export function noise(dims: readonly number[], seed: number): NdArray {
  const random = createRandom(seed);
  return array(
    dims,
    Array.from({ length: elementCount(dims) }, () => random.normal()),
  );
}

/** All float outputs of one run. */
export async function run(model: Model, feeds: Arrays): Promise<Readonly<Record<string, Float32Array>>> {
  const session = await engine.load(model, { threads: 1 });
  try {
    const outputs = await session.run(feeds);
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, toFloat32(value)]));
  } finally {
    await session.close();
  }
}

/** Largest difference, in units of the largest number wanted. */
export function relativeError(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [worst, largest] = [found.length === wanted.length ? 0 : Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < wanted.length; i++) {
    worst = Math.max(worst, Math.abs(found[i]! - wanted[i]!));
    largest = Math.max(largest, Math.abs(wanted[i]!));
  }
  return worst / Math.max(largest, 1e-30);
}

/** Step of the differences. */
const STEP = 0.01;

/**
 * What a loss of these values is, and its gradient by each of them, which is expected to agree with central differences. `feeds` are the
 * inputs it declares beside.
 */
export async function checkLoss(
  write: (c: LossContext) => WrittenLoss,
  values: Arrays,
  feeds: Arrays = {},
): Promise<{ readonly value: number; readonly gradients: Readonly<Record<string, Float32Array>> }> {
  const graph = new GraphBuilder();
  const emit = new Emitter(graph, { opset: 17 });
  for (const [name, { dims }] of Object.entries(values)) graph.input(name, dims);
  const written = write({
    emit,
    value: (name) => ({ value: name, name, dims: values[name]!.dims }),
    input: (name, dims) => graph.input(name, dims),
  });
  graph.output(written.value);
  const names = [...written.gradients].map(([name, gradient]) => {
    const output = graph.node('Identity', [gradient]);
    graph.output(output);
    return [name, output] as const;
  });
  const session = await engine.load(graph.model(), { threads: 1 });
  try {
    const outputs = await session.run({ ...values, ...feeds });
    const gradients = Object.fromEntries(
      names.map(([name, output]) => [name, toFloat32(outputs[output]!)] as const),
    );
    const lossAt = async (changed: Arrays): Promise<number> =>
      toFloat32(
        (await session.run({ ...values, ...feeds, ...changed }, [written.value]))[written.value]!,
      )[0]!;
    for (const [name, gradient] of Object.entries(gradients)) {
      const value = values[name]!;
      const slopes: number[] = [];
      for (let i = 0; i < gradient.length; i++) {
        const moved = (by: number): Arrays => ({
          [name]: array(value.dims, toFloat32(value).with(i, toFloat32(value)[i]! + by)),
        });
        slopes.push(((await lossAt(moved(STEP))) - (await lossAt(moved(-STEP)))) / (2 * STEP));
      }
      expectClose(`gradient of ${name}`, array(value.dims, gradient), slopes, 3e-3);
    }
    return { value: toFloat32(outputs[written.value]!)[0]!, gradients };
  } finally {
    await session.close();
  }
}
