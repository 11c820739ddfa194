// Small networks over 3x4x4 arrays and labelled samples for them, for the tests of a sensitivity analysis.
import {
  analyseCoupling,
  argMax,
  createClassificationAgreement,
  createClassificationMetric,
  createCostModel,
  createRandom,
  type Dataset,
  GraphBuilder,
  type Model,
  type NdArray,
  type Target,
  toFloat32,
  traceModel,
  UNTOUCHED,
} from '@espalier/core';
import { createOrtEngine } from '../engine/ort-engine.ts';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { MetricChoice } from '../pipeline/choose-metrics.ts';
import { readProbeImages } from './probe-images.ts';

/** Runs every model of these tests. */
export const engine = createOrtEngine();

/** Top-1 against labels, or against the answers of a model. */
export const topOne = {
  createMetric: () => createClassificationMetric(),
  createAgreement: () => createClassificationAgreement(),
  notes: [],
} satisfies MetricChoice;

/** Layers with seeded weights on a graph; convolutions are 3x3 and followed by Relu. */
function layersOn(g: GraphBuilder) {
  const random = createRandom(7);
  const draw = (fanIn: number, ...dims: number[]): string => {
    const count = dims.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: count }, () => (1.4 * random.normal()) / Math.sqrt(fanIn));
    return g.constant({ dims, data });
  };
  return {
    conv(x: string, from: number, to: number, name: string): string {
      const inputs = [x, draw(9 * from, to, from, 3, 3), draw(10, to)];
      return g.node('Relu', [g.node('Conv', inputs, { pads: [1, 1, 1, 1] }, name)]);
    },
    /** Four classes that look at every pixel. */
    classify(x: string, from: number, name: string): string {
      return g.node('Gemm', [g.node('Flatten', [x]), draw(16 * from, 16 * from, 4)], {}, name);
    },
  };
}

function chainOf(batch: number | string): Model {
  const g = new GraphBuilder();
  const { conv, classify } = layersOn(g);
  const first = conv(g.input('x', [batch, 3, 4, 4]), 3, 8, 'first');
  g.output(classify(conv(first, 8, 6, 'second'), 6, 'logits'), [batch, 4]);
  return g.model();
}

function residual(): Model {
  const g = new GraphBuilder();
  const { conv, classify } = layersOn(g);
  const stem = conv(g.input('x', ['N', 3, 4, 4]), 3, 8, 'stem');
  const inner = conv(stem, 8, 6, 'inner');
  const sum = g.node('Add', [stem, conv(inner, 6, 8, 'outer')]);
  g.output(classify(conv(sum, 8, 4, 'last'), 4, 'logits'), ['N', 4]);
  return g.model();
}

function concatenation(): Model {
  const g = new GraphBuilder();
  const { conv, classify } = layersOn(g);
  const x = g.input('x', ['N', 3, 4, 4]);
  const joined = g.node('Concat', [conv(x, 3, 4, 'left'), conv(x, 3, 6, 'right')], { axis: 1 });
  g.output(classify(conv(joined, 10, 6, 'last'), 6, 'logits'), ['N', 4]);
  return g.model();
}

/** The second output is finished before the layers that only the first one needs. */
function twoOutputs(): Model {
  const g = new GraphBuilder();
  const { conv, classify } = layersOn(g);
  const first = conv(g.input('x', ['N', 3, 4, 4]), 3, 8, 'first');
  const early = classify(first, 8, 'early');
  const second = conv(first, 8, 6, 'second');
  g.output(classify(conv(second, 6, 6, 'third'), 6, 'late'), ['N', 4]);
  g.output(early, ['N', 4]);
  return g.model();
}

/** The networks, by name. */
export const PROBED_NETS = {
  chain: () => chainOf('N'),
  residual,
  concatenation,
  'two outputs': twoOutputs,
  'fixed batch': () => chainOf(4),
} as const satisfies Readonly<Record<string, () => Model>>;

/** Everything that is known of a model that lies in no file. */
export async function analyseModel(model: Model): Promise<Analysis> {
  const traced = await traceModel(model, engine);
  const coupling = analyseCoupling(traced);
  const file = { model, bytes: 0, sha256: '', path: 'net.onnx' };
  return { file, traced, coupling, cost: createCostModel(traced, coupling), notes: [] };
}

/** A score per class, seeded. */
export function drawScores({ coupling }: Analysis): Float64Array {
  const random = createRandom(5);
  return Float64Array.from(coupling.classes, () => random.next());
}

/** So many arrays of noise; `targetOf` labels them by position, default: no labels. */
export function noiseSet(
  size: number,
  targetOf: (position: number) => Target = () => ({ kind: 'none' }),
): Dataset {
  return {
    ...{ name: 'noise', kind: 'arrays', size, description: 'noise', choice: 'the first' },
    async *samples({ limit = size } = {}) {
      for (let position = 0; position < Math.min(limit, size); position++) yield this.sampleAt(position);
    },
    async sampleAt(position) {
      const random = createRandom(position);
      const data = Float32Array.from({ length: 48 }, () => random.normal());
      const array: NdArray = { type: 'float32', dims: [3, 4, 4], data };
      return { id: String(position), input: { kind: 'array', array }, target: targetOf(position) };
    },
  };
}

/** Batches of noise for a model, labelled with its own first output's answers, except that every fourth of a batch is wrong. */
export async function readNoise(model: Model, size: number, batch?: number) {
  const session = await engine.load(model);
  try {
    const options = { preprocess: UNTOUCHED, seed: 3, ...(batch !== undefined && { batch }) };
    const images = await readProbeImages(session, { ...options, dataset: noiseSet(size) });
    const labelled = images.map(async ({ feeds, targets, placements }) => {
      const answers = toFloat32(Object.values(await session.run(feeds))[0]!);
      const labels = targets.map((_, row): Target => {
        const answer = argMax(answers.subarray(4 * row, 4 * row + 4));
        return { kind: 'class', index: row % 4 === 0 ? (answer + 1) % 4 : answer };
      });
      return { feeds, targets: labels, placements };
    });
    return await Promise.all(labelled);
  } finally {
    await session.close();
  }
}
