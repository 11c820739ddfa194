// Normalizations put back: the net computes what it did, and folded again it computes what the normalized net does.
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import { elementCount, toFloat32 } from '../onnx/tensor.ts';
import { convOn, drawWeights, residualNet } from '../plan/analysed-net.case.ts';
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
      const vector = (outputs: (typeof found)[0], name: string) => Float64Array.from(outputs[`${value}__${name}`]!);
      const each = found.map((outputs) => ({ mean: vector(outputs, 'mean'), variance: vector(outputs, 'variance') }));
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
  [
    'with biases',
    build((g, x, conv) => conv(g.node('Relu', [conv(x, 3, 4, 'a')]), 4, 2, 'head')),
    ['a_out'],
  ],
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
  ['a residual sum', residualNet(), ['first_out', 'second_out', 'third_out']],
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
];

describe.each(nets)('a net with %s', (_, model, places) => {
  const inputs = toFloat32(noise(DIMS, 9));

  it('computes what it did', async () => {
    const { model: restored, norms } = await restore(model);
    expect(norms.map(({ output }) => output)).toEqual(places);
    expect(inputs).toHaveLength(elementCount(DIMS));
    expect(relativeError(await answer(restored), await answer(model))).toBeLessThanOrEqual(1e-5);
  });
});
