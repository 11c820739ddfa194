// Small networks with seeded weights and their analysis, for tests of plans, surgery and proofs.
import { createOrtEngine } from '@espalier/node';
import { createCostModel } from '../cost/cost.ts';
import { analyseCoupling } from '../coupling/analyse.ts';
import type { Coupling } from '../coupling/coupling.ts';
import { type KeepMask, keepAll } from '../coupling/survivors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import { createRandom } from '../random.ts';
import { traceModel } from '../trace/trace.ts';
import { rootLabels } from './cuts.ts';

/** Runs every model of these tests. */
export const engine = createOrtEngine();

/** A model with everything that the later steps read. */
export async function analyse(model: Model) {
  const traced = await traceModel(model, engine);
  const coupling = analyseCoupling(traced);
  return { traced, coupling, costs: createCostModel(traced, coupling) };
}

/** The mask that drops output channels of layers, given by name. */
export function dropChannels(
  traced: TracedModel,
  coupling: Coupling,
  dropped: Readonly<Record<string, readonly number[]>>,
): KeepMask {
  const keep = keepAll(coupling);
  for (const [layer, channels] of Object.entries(dropped)) {
    const labels = rootLabels(
      coupling,
      traced.nodes.findIndex((node) => nodeId(node) === layer),
    );
    for (const channel of channels) keep[labels[channel]!] = 0;
  }
  return keep;
}

/** Draws normal weights; the same seed, the same weights. */
export function drawWeights(seed = 1): (...dims: number[]) => { dims: number[]; data: Float32Array } {
  const random = createRandom(seed);
  return (...dims) => {
    const size = dims.reduce((a, b) => a * b, 1);
    return {
      dims,
      data: Float32Array.from({ length: size }, () => random.normal() / Math.sqrt(size / dims[0]!)),
    };
  };
}

/** A 3×3 convolution with bias on a graph: `conv(x, 8, 16, 'name')`, values `name_out`, weights `name.w` and `name.b`. */
export function convOn(g: GraphBuilder, draw = drawWeights()) {
  return (x: string, from: number, to: number, name: string, group = 1): string => {
    const weight = g.constant(draw(to, from / group, 3, 3), `${name}.w`);
    const bias = g.constant(draw(to), `${name}.b`);
    return g.node('Conv', [x, weight, bias], { pads: [1, 1, 1, 1], group }, name);
  };
}

/** x [1,3,8,8] → first 8 → second 12 → their sum with third 12 → head 4, an output. */
export function residualNet(): Model {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const first = g.node('Relu', [conv(g.input('x', [1, 3, 8, 8]), 3, 8, 'first')]);
  const second = conv(first, 8, 12, 'second');
  const sum = g.node('Add', [second, conv(first, 8, 12, 'third')], {}, 'sum');
  g.output(conv(g.node('Relu', [sum]), 12, 4, 'head'), [1, 4, 8, 8]);
  return g.model();
}

/** x [1,3,8,8] → stem 8 → inner 6 → outer 8, added to the stem, by a Sum with a second such branch where there are two → head 4, an output. */
export function branchedNet(branches: 1 | 2 = 1): Model {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const stem = conv(g.input('x', [1, 3, 8, 8]), 3, 8, 'stem');
  const first = conv(conv(stem, 8, 6, 'inner'), 6, 8, 'outer');
  const other = branches === 1 ? stem : conv(conv(stem, 8, 6, 'inner2'), 6, 8, 'outer2');
  g.output(conv(g.node('Add', [first, other]), 8, 4, 'head'), [1, 4, 8, 8]);
  return g.model();
}

/** x [1,3,8,8] → first 12 → grouped 12 in 3 blocks → channel shuffle → mixed 12 in 2 blocks → head 4, an output. */
export function shuffleNet(): Model {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const first = g.node('Relu', [conv(g.input('x', [1, 3, 8, 8]), 3, 12, 'first')]);
  const grouped = conv(first, 12, 12, 'grouped', 3);
  const split = g.node('Reshape', [grouped, g.integers([1, 3, 4, 8, 8])]);
  const turned = g.node('Transpose', [split], { perm: [0, 2, 1, 3, 4] });
  const shuffled = g.node('Reshape', [turned, g.integers([1, 12, 8, 8])], {}, 'shuffled');
  g.output(conv(conv(shuffled, 12, 12, 'mixed', 2), 12, 4, 'head'), [1, 4, 8, 8]);
  return g.model();
}
