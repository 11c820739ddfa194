import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../../../node/src/engine/ort-engine.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { traceModel } from '../trace/trace.ts';
import { initialiseStatistics, initialiseWeights } from './initialise.ts';
import { findParameters } from './parameters.ts';

/** A convolution, a batch normalization, a PRelu and a matrix product. */
async function prepare() {
  const g = new GraphBuilder();
  const ones = (...dims: readonly number[]): string =>
    g.constant({ dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1) });
  const conv = g.node('Conv', [g.input('x', [2, 4, 5, 5]), ones(32, 4, 3, 3), ones(32)]);
  const norm = g.node('BatchNormalization', [conv, ones(32), ones(32), ones(32), ones(32)]);
  const bent = g.node('PRelu', [norm, ones(32, 1, 1)]);
  const flat = g.node('Flatten', [g.node('GlobalAveragePool', [bent])]);
  const scores = g.node('Gemm', [flat, ones(32, 64), ones(64)], {}, 'scores');
  g.output(scores, [2, 64]);
  const traced = await traceModel(g.model(), createOrtEngine());
  return { traced, parameters: findParameters(traced, [scores]) };
}

describe('initialiseWeights', () => {
  it('spreads weights by their fan-in and gives the rest what its rule says', async () => {
    const { traced, parameters } = await prepare();
    const vector = initialiseWeights(traced, parameters, 1);
    const valuesOf = (dims: readonly number[], index = 0): Float32Array => {
      const { offset, size } = parameters.filter((each) => String(each.dims) === String(dims))[index]!;
      return vector.subarray(offset, offset + size);
    };
    const deviation = (values: Float32Array): number =>
      Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    expect(deviation(valuesOf([32, 4, 3, 3]))).toBeCloseTo(Math.sqrt(2 / 36), 1);
    expect(deviation(valuesOf([32, 64]))).toBeCloseTo(Math.sqrt(2 / 32), 1);
    expect([...valuesOf([64])].every((value) => value === 0)).toBe(true);
    expect([...valuesOf([32, 1, 1])].every((value) => value === 0.25)).toBe(true);
    // Scale and bias of the normalization, bias of the convolution.
    const sums = [0, 1, 2].map((i) => valuesOf([32], i).reduce((sum, value) => sum + value, 0));
    expect(sums.sort((a, b) => a - b)).toEqual([0, 0, 32]);
  });

  it('depends on the seed alone', async () => {
    const { traced, parameters } = await prepare();
    const vector = initialiseWeights(traced, parameters, 1);
    expect(initialiseWeights(traced, parameters, 1)).toEqual(vector);
    expect(initialiseWeights(traced, parameters, 2)).not.toEqual(vector);
  });
});

it('begins running statistics with mean 0 and variance 1', async () => {
  const { traced } = await prepare();
  const [norm] = traced.nodes.filter((node) => node.opType === 'BatchNormalization');
  const [mean, variance] = norm!.inputs.slice(3) as [string, string];
  const size = traced.shapeOf(mean)![0]!;
  const vector = initialiseStatistics(traced, [
    { value: mean, offset: 0, size },
    { value: variance, offset: size, size },
  ]);
  expect(Array.from(vector)).toEqual(Array.from({ length: 2 * size }, (_, i) => (i < size ? 0 : 1)));
});
