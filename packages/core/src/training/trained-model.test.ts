// What comes back from training is the original model: the same function where nothing was learned, the same storage whatever was.
import { describe, expect, it } from 'vitest';
import { plainChoices } from '../autodiff/convolution-choices.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { findDenormals } from '../graph/denormals.ts';
import { DataType, type Model } from '../onnx/model.ts';
import { float32ToFloat16, tensorArray, toFloat32 } from '../onnx/tensor.ts';
import { convOn, drawWeights, residualNet } from '../plan/analysed-net.case.ts';
import { traceModel } from '../trace/trace.ts';
import { combineMoments, findFoldedNorms, momentsModel, restoreBatchNorms } from './batch-norms.ts';
import { modelBehind } from './model-behind.ts';
import { matchingObjective } from './objective.ts';
import { findParameters, readParameters } from './parameters.ts';
import { engine, noise, relativeError, run } from './run-model.case.ts';
import { readStatistics } from './statistics.ts';
import { exportTrained, type TrainedValues } from './trained-model.ts';
import { writeTrainingGraph } from './training-graph.ts';

const DIMS = [1, 3, 8, 8];
const x = noise(DIMS, 1);

/** What a training of the model begins with. */
async function prepare(model: Model): Promise<TrainedValues> {
  const reads = model.graph.outputs.map(({ name }) => name);
  const plain = await traceModel(modelBehind(model, reads, DIMS), engine);
  const values = findFoldedNorms(plain, reads);
  const found = values.length === 0 ? {} : await run(momentsModel(plain, values), { x });
  const moments = values.map((value) => {
    const vector = (name: string): Float64Array => Float64Array.from(found[`${value}__${name}`]!);
    return [value, combineMoments([{ mean: vector('mean'), variance: vector('variance') }])] as const;
  });
  const restored = restoreBatchNorms(plain, new Map(moments));
  const traced = await traceModel(restored.model, engine);
  const parameters = findParameters(traced, reads);
  const { statistics } = writeTrainingGraph({
    traced,
    parameters,
    loss: matchingObjective(reads),
    optimizer: { name: 'sgd' },
    choices: plainChoices,
  });
  const weights = readParameters(traced, parameters);
  const running = readStatistics(traced, statistics);
  return { traced, norms: restored.norms, parameters, statistics, weights, running };
}

async function answer(model: Model): Promise<Float32Array> {
  return (await run(model, { x }))[model.graph.outputs[0]!.name]!;
}

const weightOf = (model: Model, name: string): Float32Array =>
  toFloat32(tensorArray(model.graph.initializers.find((tensor) => tensor.name === name)!));

/** x → convolution → its own normalization → head. */
function normalizedNet(): Model {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const four = (name: string, ...data: number[]): string => g.constant({ dims: [4], data }, name);
  const norm = g.node('BatchNormalization', [
    conv(g.input('x', DIMS), 3, 4, 'first'),
    four('scale', 1, 2, 0.5, -1),
    four('bias', 0, 1, 2, 3),
    four('mean', 0.1, 0.2, 0.3, 0.4),
    four('variance', 1, 2, 3, 4),
  ]);
  g.output(conv(g.node('Relu', [norm]), 4, 2, 'head'));
  return g.model();
}

/** Weights in half precision, each behind a Cast; no biases. */
function halfNet(): Model {
  const g = new GraphBuilder();
  const draw = drawWeights();
  const conv = (value: string, from: number, to: number, name: string): string => {
    const { dims, data } = draw(to, from, 3, 3);
    const weight = g.constant({ type: 'float16', dims, data: float32ToFloat16(data) }, `${name}.w`);
    return g.node(
      'Conv',
      [value, g.node('Cast', [weight], { to: DataType.float32 })],
      { pads: [1, 1, 1, 1] },
      name,
    );
  };
  g.output(conv(g.node('Relu', [conv(g.input('x', DIMS), 3, 4, 'first')]), 4, 2, 'head'));
  return g.model();
}

/** One matrix read by two nodes. */
function sharedNet(): Model {
  const g = new GraphBuilder();
  const rows = g.node('Reshape', [g.input('x', DIMS), g.integers([24, 8])]);
  const weight = g.constant(drawWeights()(8, 8), 'w');
  g.output(g.node('MatMul', [g.node('Tanh', [g.node('MatMul', [rows, weight])]), weight]));
  return g.model();
}

describe('exportTrained', () => {
  it.each<[string, Model, norms: number, tolerance: number]>([
    ['folded normalizations', residualNet(), 3, 1e-5],
    ['normalizations of its own', normalizedNet(), 0, 1e-5],
    ['half-precision weights', halfNet(), 1, 2e-3],
    ['a shared matrix', sharedNet(), 0, 1e-5],
  ])('gives the model back where nothing was learned: %s', async (_, model, norms, tolerance) => {
    const trained = await prepare(model);
    expect(trained.norms).toHaveLength(norms);
    const exported = exportTrained(model, trained);
    expect(relativeError(await answer(exported), await answer(model))).toBeLessThanOrEqual(tolerance);
    expect(exported.graph.nodes.map(({ opType }) => opType)).toEqual(
      model.graph.nodes.map(({ opType }) => opType),
    );
  });

  it.each<[string, Model]>([
    ['folded normalizations', residualNet()],
    ['normalizations of its own', normalizedNet()],
    ['a shared matrix', sharedNet()],
  ])('computes what the trained net does: %s', async (_, model) => {
    const before = await prepare(model);
    const moved = (vector: Float32Array, seed: number): Float32Array => {
      const shift = noise([vector.length], seed).data as Float32Array;
      return vector.map((value, i) => value + 0.1 * Math.abs(shift[i]!));
    };
    const trained = { ...before, weights: moved(before.weights, 3), running: moved(before.running, 4) };
    const places = [
      ...trained.parameters.map((each) => ({ ...each, from: trained.weights })),
      ...trained.statistics.map((each) => ({ ...each, from: trained.running })),
    ];
    const { model: net } = trained.traced;
    const initializers = net.graph.initializers.map((tensor) => {
      const place = places.find(({ value }) => value === tensor.name);
      if (!place) return tensor;
      const data = place.from.slice(place.offset, place.offset + place.size);
      return { ...tensor, raw: new Uint8Array(data.buffer) };
    });
    const wanted = await answer({ ...net, graph: { ...net.graph, initializers } });
    expect(relativeError(await answer(exportTrained(model, trained)), wanted)).toBeLessThanOrEqual(1e-5);
    expect(relativeError(await answer(model), wanted)).toBeGreaterThan(1e-2);
  });

  it('keeps half-precision weights behind their Cast what they are', async () => {
    const model = halfNet();
    const { graph } = exportTrained(model, await prepare(model));
    const typeOf = (name: string): number | undefined =>
      graph.initializers.find((tensor) => tensor.name === name)?.dataType;
    expect([typeOf('first.w'), typeOf('head.w')]).toEqual([DataType.float16, DataType.float16]);
    expect(graph.nodes.filter(({ opType }) => opType === 'Cast')).toHaveLength(2);
  });

  it('writes the statistics that normalizations have come to', async () => {
    const model = normalizedNet();
    const trained = await prepare(model);
    const exported = exportTrained(model, { ...trained, running: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    expect([...weightOf(exported, 'mean')]).toEqual([1, 2, 3, 4]);
    expect([...weightOf(exported, 'variance')]).toEqual([5, 6, 7, 8]);
    expect(weightOf(exported, 'first.w')).toEqual(weightOf(model, 'first.w'));
  });

  it('sets weights to zero that are too small for the fast path', async () => {
    const model = normalizedNet();
    const trained = await prepare(model);
    const weights = trained.weights.slice();
    weights.set([1e-39, -1e-42, 2 ** -126, -(2 ** -126), 2 ** -127]);
    const exported = exportTrained(model, { ...trained, weights });
    expect(findDenormals(exported)).toEqual([]);
    expect(weightOf(exported, 'head.w').slice(0, 5).map(Math.abs)).toEqual(
      Float32Array.of(0, 0, 2 ** -126, 2 ** -126, 0),
    );
  });
});
