// Normalizations put back: the net computes what it did, and folded again it computes what the normalized net does.
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import { convOn, drawWeights } from '../plan/analysed-net.case.ts';
import { withWeights } from '../recovery/recovery.case.ts';
import { replaceConstants } from '../recovery/replace-constants.ts';
import { traceModel } from '../trace/trace.ts';
import {
  type ChannelMoments,
  combineMoments,
  findFoldedNorms,
  foldNorm,
  momentsModel,
  restoreBatchNorms,
} from './batch-norms.ts';
import { engine, noise, relativeError, run } from './run-model.case.ts';

const DIMS = [2, 3, 6, 6];
const batches = [1, 2, 3].map((seed) => noise(DIMS, seed));

type Draw = (g: GraphBuilder, x: string, conv: ReturnType<typeof convOn>) => string;

function build(draw: Draw, opset = 17): Model {
  const g = new GraphBuilder({ opset });
  g.output(draw(g, g.input('x', DIMS), convOn(g)));
  return g.model();
}

const outputOf = ({ graph }: { readonly graph: Model['graph'] }): string => graph.outputs[0]!.name;

/** Moments of values over all batches, from the engine. */
async function measure(traced: TracedModel, values: readonly string[]): Promise<Map<string, ChannelMoments>> {
  const model = momentsModel(traced, values);
  const found = await Promise.all(batches.map((x) => run(model, { x })));
  return new Map(
    values.map((value) => {
      const vector = (outputs: (typeof found)[0], name: string) =>
        Float64Array.from(outputs[`${value}__${name}`]!);
      const each = found.map((outputs) => ({
        mean: vector(outputs, 'mean'),
        variance: vector(outputs, 'variance'),
      }));
      return [value, combineMoments(each)];
    }),
  );
}

async function restore(model: Model) {
  const traced = await traceModel(model, engine);
  const values = findFoldedNorms(traced, [outputOf(traced)]);
  return restoreBatchNorms(traced, await measure(traced, values));
}

async function answer(model: Model): Promise<Float32Array> {
  return (await run(model, { x: noise(DIMS, 9) }))[outputOf(model)]!;
}

/** A convolution without bias, [to, from / group, 3, 3]. */
const bare = (g: GraphBuilder, x: string, from: number, to: number, name: string, group = 1): string => {
  const weight = g.constant(drawWeights(7)(to, from / group, 3, 3), `${name}.w`);
  return g.node('Conv', [x, weight], { pads: [1, 1, 1, 1], group }, name);
};

const silu = (g: GraphBuilder, x: string): string => g.node('Mul', [x, g.node('Sigmoid', [x])]);

/** Nets, and the convolutions that get a normalization. */
const nets: readonly (readonly [string, Model, readonly string[]])[] = [
  ['with biases', build((g, x, conv) => conv(g.node('Relu', [conv(x, 3, 4, 'a')]), 4, 2, 'head')), ['a_out']],
  [
    'without biases',
    build((g, x, conv) => conv(g.node('Relu', [bare(g, x, 3, 4, 'a')]), 4, 2, 'head')),
    ['a_out'],
  ],
  [
    'depthwise',
    build((g, x, conv) => {
      const wide = g.node('Clip', [conv(x, 3, 6, 'wide'), g.scalar(0), g.scalar(6)]);
      const deep = g.node('HardSwish', [bare(g, wide, 6, 6, 'deep', 6)]);
      return conv(deep, 6, 2, 'head');
    }),
    ['wide_out', 'deep_out'],
  ],
  [
    'SiLU',
    build((g, x, conv) => conv(silu(g, conv(silu(g, conv(x, 3, 4, 'a')), 4, 5, 'b')), 5, 2, 'head')),
    ['a_out', 'b_out'],
  ],
  [
    'a residual sum',
    build((g, x, conv) => {
      const first = g.node('Relu', [conv(x, 3, 4, 'first')]);
      const sum = g.node('Add', [conv(first, 4, 6, 'second'), conv(first, 4, 6, 'third')]);
      return conv(g.node('Relu', [sum]), 6, 2, 'head');
    }),
    ['first_out', 'second_out', 'third_out'],
  ],
  [
    'strides, a pooling and a linear bottleneck',
    build((g, x, conv) => {
      const weight = g.constant(drawWeights(3)(4, 3, 3, 3), 'stem.w');
      const stem = g.node('Conv', [x, weight], { strides: [2, 2] }, 'stem');
      const pooled = g.node('MaxPool', [stem], { kernel_shape: [2, 2] });
      return conv(conv(pooled, 4, 3, 'linear'), 3, 2, 'head');
    }),
    // The linear bottleneck's map is one position large.
    ['stem_out'],
  ],
  [
    'a dead channel',
    withWeights(
      build((g, x, conv) => conv(g.node('LeakyRelu', [conv(x, 3, 4, 'a')]), 4, 2, 'head')),
      'a.w',
      (data) => data.fill(0, 0, 27),
    ),
    ['a_out'],
  ],
  [
    'a layer whose channels are all dead',
    withWeights(
      build((g, x, conv) => conv(g.node('Relu', [conv(x, 3, 4, 'a')]), 4, 2, 'head')),
      'a.w',
      (data) => data.fill(0),
    ),
    ['a_out'],
  ],
  [
    'nodes that are named as their outputs',
    namedAsOutputs(build((g, x, conv) => conv(g.node('Relu', [conv(x, 3, 4, 'a')]), 4, 2, 'head'))),
    ['a_out'],
  ],
];

function namedAsOutputs({ graph, ...model }: Model): Model {
  return {
    ...model,
    graph: { ...graph, nodes: graph.nodes.map((node) => ({ ...node, name: node.outputs[0]! })) },
  };
}

describe.each(nets)('a net with %s', (_, model, places) => {
  it('computes what it did', async () => {
    const { model: restored, norms } = await restore(model);
    expect(norms.map(({ output }) => output)).toEqual(places);
    expect(relativeError(await answer(restored), await answer(model))).toBeLessThanOrEqual(1e-5);
  });

  it('folds to what it computes once its normalizations have learned', async () => {
    const { model: restored, norms } = await restore(model);
    const learned = norms.reduce((changed, { weight, scale, bias, mean, variance }, i) => {
      const shift = toFloat32(noise([64], i));
      const moved = withWeights(changed, weight, (data) => data.map((x) => 0.9 * x + 0.01));
      const scaled = withWeights(moved, scale, (data) =>
        data.map((x, c) => x * (1.1 + 0.1 * shift[c]!) + 0.1),
      );
      const shifted = withWeights(scaled, bias, (data) => data.map((x, c) => x + 0.3 * shift[c]!));
      const centred = withWeights(shifted, mean, (data) => data.map((x, c) => x - 0.2 * shift[c]!));
      return withWeights(centred, variance, (data) =>
        data.map((x, c) => x * (1 + 0.2 * shift[c]! ** 2) + 0.05),
      );
    }, restored);
    const { constantOf } = await traceModel(learned, engine);
    const edits = norms.flatMap((norm) => {
      const { weight, bias } = foldNorm(norm, (value) => constantOf(value)!);
      return [
        { node: norm.output, input: 1, array: weight },
        { node: norm.output, input: 2, array: bias },
      ];
    });
    const wanted = await answer(learned);
    expect(relativeError(await answer(replaceConstants(model, edits)), wanted)).toBeLessThanOrEqual(1e-5);
    expect(relativeError(await answer(model), wanted)).toBeGreaterThan(1e-3);
  });
});

describe('restoreBatchNorms', () => {
  it('brings the weights of every layer to outputs of one size', async () => {
    const loud = withWeights(nets[0]![1], 'a.w', (data) => data.map((x) => 100 * x));
    const [quiet, large] = [await restore(nets[0]![1]), await restore(loud)];
    const varianceOf = async ({ model, norms }: typeof quiet): Promise<number> => {
      const found = toFloat32((await traceModel(model, engine)).constantOf(norms[0]!.variance)!);
      return found.reduce((sum, x) => sum + x, 0) / found.length;
    };
    expect(await varianceOf(quiet)).toBeCloseTo(1, 5);
    expect(await varianceOf(large)).toBeCloseTo(1, 5);
  });
});

describe('findFoldedNorms', () => {
  it.each<[string, Draw]>([
    ['an output', (_, x, conv) => conv(x, 3, 2, 'a')],
    [
      'a layer in front of a Reshape',
      (g, x, conv) => g.node('Reshape', [conv(x, 3, 2, 'a'), g.integers([2, -1])]),
    ],
    [
      'a layer that an activation and a Reshape read',
      (g, x, conv) => {
        const a = conv(x, 3, 2, 'a');
        const moved = g.node('Reshape', [a, g.integers([2, 2, 6, 6])]);
        return g.node('Add', [g.node('Relu', [a]), moved]);
      },
    ],
    [
      'a layer in front of a normalization',
      (g, x, conv) => {
        const four = (value: number): string => g.constant({ dims: [4], data: new Array(4).fill(value) });
        const a = conv(x, 3, 4, 'a');
        return g.node('Relu', [g.node('BatchNormalization', [a, four(1), four(0), four(0), four(1)])]);
      },
    ],
    [
      'layers that share their weights',
      (g, x) => {
        const weight = g.constant(drawWeights()(3, 3, 3, 3));
        const on = (value: string): string => g.node('Conv', [value, weight], { pads: [1, 1, 1, 1] });
        return g.node('Relu', [on(g.node('Relu', [on(x)]))]);
      },
    ],
    [
      'layers that share their bias',
      (g, x) => {
        const bias = g.constant(drawWeights()(3));
        const on = (value: string): string =>
          g.node('Conv', [value, g.constant(drawWeights()(3, 3, 3, 3)), bias], { pads: [1, 1, 1, 1] });
        return g.node('Relu', [on(g.node('Relu', [on(x)]))]);
      },
    ],
    [
      'a map of one position',
      (g, x, conv) => g.node('Relu', [conv(g.node('GlobalAveragePool', [x]), 3, 4, 'squeeze')]),
    ],
    [
      'weights that are computed from the image',
      (g, x) => {
        const kernel = g.node('Reshape', [
          g.node('ReduceMean', [x], { axes: [0, 2, 3] }),
          g.integers([1, 3, 1, 1]),
        ]);
        return g.node('Relu', [g.node('Conv', [x, kernel])]);
      },
    ],
  ])('passes over %s', async (_, draw) => {
    const traced = await traceModel(build(draw), engine);
    expect(findFoldedNorms(traced, [outputOf(traced)])).toEqual([]);
  });

  it('passes over values that the loss reads, and what it does not depend on', async () => {
    const traced = await traceModel(nets[3]![1], engine);
    expect(findFoldedNorms(traced, ['head_out', 'a_out'])).toEqual(['b_out']);
    expect(findFoldedNorms(traced, ['b_out'])).toEqual(['a_out']);
  });
});

describe('moments', () => {
  /** Mean and variance of every channel over images [N, C, …]. */
  function momentsOf(images: readonly Float32Array[], channels: number): ChannelMoments {
    const [mean, variance] = [new Float64Array(channels), new Float64Array(channels)];
    const size = images[0]!.length / DIMS[0]! / channels;
    for (let c = 0; c < channels; c++) {
      const own = images.flatMap((data) =>
        Array.from(data).filter((_, i) => Math.floor(i / size) % channels === c),
      );
      mean[c] = own.reduce((a, b) => a + b) / own.length;
      variance[c] = own.reduce((sum, x) => sum + (x - mean[c]!) ** 2, 0) / own.length;
    }
    return { mean, variance };
  }

  it.each([13, 17, 18])('over all batches, at opset %d', async (opset) => {
    const model = build((g, x, conv) => conv(g.node('Relu', [conv(x, 3, 4, 'a')]), 4, 5, 'b'), opset);
    const found = await measure(await traceModel(model, engine), ['a_out', 'b_out']);
    for (const [name, channels] of [
      ['a_out', 4],
      ['b_out', 5],
    ] as const) {
      const shown = { ...model, graph: { ...model.graph, outputs: [{ name }] } };
      const images = await Promise.all(batches.map(async (x) => (await run(shown, { x }))[name]!));
      const wanted = momentsOf(images, channels);
      expect(relativeError(found.get(name)!.mean, wanted.mean)).toBeLessThan(1e-5);
      expect(relativeError(found.get(name)!.variance, wanted.variance)).toBeLessThan(1e-5);
    }
  });

  it('combine to those of all numbers together', () => {
    const moments = (...numbers: number[]): ChannelMoments => momentsOf([Float32Array.from([...numbers])], 1);
    const combined = combineMoments([moments(1, 2, 3, 6), moments(-4, 0, 4, 8), moments(7, 7, 7, 7)]);
    const wanted = moments(1, 2, 3, 6, -4, 0, 4, 8, 7, 7, 7, 7);
    expect(combined.mean[0]).toBeCloseTo(wanted.mean[0]!, 12);
    expect(combined.variance[0]).toBeCloseTo(wanted.variance[0]!, 12);
  });
});
