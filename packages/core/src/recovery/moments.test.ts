// A layer's own output is fitted by its own weights without error: then patches, targets, weights and sums all speak of the same thing.
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../onnx/nd-array.ts';
import { elementCount } from '../onnx/tensor.ts';
import { tapCount } from '../ops/linear/linear-layer.ts';
import { analyse, engine } from '../plan/analysed-net.case.ts';
import { createRandom } from '../random.ts';
import { constantsOf, fromMatrix, toMatrix } from './layer-weights.ts';
import { layerCases, layerModel } from './layers.case.ts';
import { linearLayerOf } from './matched-layers.ts';
import { gatherMoments, type MomentsInput } from './moments.ts';
import { refitMatrix } from './refit.ts';

const noise = (dims: readonly number[], seed: number): NdArray => {
  const random = createRandom(seed);
  const data = Float32Array.from({ length: elementCount(dims) }, () => random.normal());
  return { type: 'float32', dims, data };
};

/** The layer of a case with two batches of data and of its own answers. */
async function open(layerCase: (typeof layerCases)[number]) {
  const model = layerModel(layerCase);
  const { traced } = await analyse(model);
  const session = await engine.load(model);
  const data = [1, 2].map((seed) => noise(layerCase.x, seed));
  const target: NdArray[] = [];
  for (const x of data) target.push((await session.run({ x })).fit_out!);
  await session.close();
  const layer = linearLayerOf(traced, 0)!;
  const constants = constantsOf(traced, traced.nodes[0]!, layer);
  const input: MomentsInput = { layer, data, target };
  return { layer, constants, input };
}

describe.each(layerCases)('$op: $name', (layerCase) => {
  it('is its own best fit, and is found again from nothing', async () => {
    const { layer, constants, input } = await open(layerCase);
    const moments = await gatherMoments(input, 1e6, engine, createRandom(0));
    const matrix = toMatrix(layer, constants);
    const own = await refitMatrix(moments, matrix, 1e-9, engine);
    expect(own.errorBefore).toBeLessThan(1e-6);
    const found = await refitMatrix(moments, new Float64Array(matrix.length), 1e-9, engine);
    expect(found.errorBefore).toBeGreaterThan(0.5);
    expect(found.errorAfter).toBeLessThan(1e-6);
  });

  it('keeps its weights through the matrix and back', async () => {
    const { layer, constants } = await open(layerCase);
    const { weight, bias } = fromMatrix(layer, toMatrix(layer, constants), constants);
    expect(weight).toEqual(constants.weight);
    if (constants.bias) expect(bias).toEqual(constants.bias);
    else if (layer.bias !== undefined) expect(bias!.data.every((value) => value === 0)).toBe(true);
    expect(layer.inputs * layer.groups * layer.outputs * tapCount(layer)).toBe(weight.data.length);
  });
});

describe('gatherMoments', () => {
  const whole = { name: '', op: 'Conv', x: [2, 4, 9, 9], weight: [6, 4, 3, 3], bias: [6] } as const;

  it('takes about as many rows as it is asked for, and one of every sample at least', async () => {
    const { input } = await open(whole);
    const rows = async (wanted: number) => (await gatherMoments(input, wanted, engine, createRandom(0))).rows;
    expect([await rows(1), await rows(4 * 9), await rows(1e6)]).toEqual([4, 4 * 9, 4 * 49]);
  });

  it('sums what it says: ones give the number of rows, and the sums of the targets', async () => {
    const { input, layer } = await open(whole);
    const { gram, cross, energy, unknowns, outputs, rows } = await gatherMoments(
      input,
      1e6,
      engine,
      createRandom(0),
    );
    expect(gram.at(-1)).toBe(rows);
    const last = [...cross.slice((unknowns - 1) * outputs)];
    for (const [o, sum] of last.entries()) expect(energy[o]).toBeCloseTo(sum, 3);
    expect(layer.outputs).toBe(6);
  });

  it('takes a shortcut off the target, and goes back through a line', async () => {
    const { input, layer, constants } = await open(whole);
    const shortcut = input.target.map(({ dims }) => noise(dims, 9));
    const line = { scale: [2, -1, 0.5, 3, 1, 4], shift: [1, 2, 3, 4, 5, 6] };
    const target = input.target.map((array, batch): NdArray => {
      const data = (array.data as Float32Array).map((value, i) => {
        const channel = Math.floor(i / 49) % 6;
        const added = (shortcut[batch]!.data as Float32Array)[i]!;
        return line.scale[channel]! * value + line.shift[channel]! + added;
      });
      return { ...array, data };
    });
    const moments = await gatherMoments({ ...input, target, shortcut, line }, 1e6, engine, createRandom(0));
    expect((await refitMatrix(moments, toMatrix(layer, constants), 1e-9, engine)).errorBefore).toBeLessThan(
      1e-6,
    );
  });

  it('beyond the bounds only the side counts', async () => {
    const { input, layer, constants } = await open(whole);
    const cut = input.target.map((array): NdArray => {
      const data = (array.data as Float32Array).map((value) => Math.min(Math.max(value, -0.1), 0.2));
      return { ...array, data };
    });
    const bounds = { low: -0.1, high: 0.2 };
    const matrix = toMatrix(layer, constants);
    const error = async (prediction?: Float64Array) => {
      const random = createRandom(0);
      const moments = await gatherMoments({ ...input, target: cut, bounds }, 1e6, engine, random, prediction);
      return (await refitMatrix(moments, matrix, 1e-9, engine)).errorBefore;
    };
    expect(await error()).toBeGreaterThan(0.1);
    expect(await error(matrix)).toBeLessThan(1e-6);
  });
});
