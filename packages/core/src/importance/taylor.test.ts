import { describe, expect, it } from 'vitest';
import { plainChoices } from '../autodiff/convolution-choices.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import { elementCount, makeTensor, tensorArray, toFloat32 } from '../onnx/tensor.ts';
import { analyse, convOn, engine } from '../plan/analysed-net.case.ts';
import { createRandom } from '../random.ts';
import { GRADIENT_OUTPUTS, writeGradientGraph } from '../training/gradient-graph.ts';
import { findParameters } from '../training/parameters.ts';
import { projectionLoss, randomSigns, signsInput } from '../training/projection.ts';
import { createGradientMeter } from './gradient-meter.ts';
import { computeImportance } from './importance.ts';
import { weightsOf } from './traced-weights.ts';

const DIMS = [2, 3, 4, 4];
const OUTPUT = 'head_out';
const BATCHES = 3;

/** A residual block: `stem` and `back` make the same channels, which `inner` and `head` read; every convolution has a bias. */
function residualNet(): Model {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const stem = g.node('Relu', [conv(g.input('x', DIMS), 3, 4, 'stem')]);
  const inner = g.node('Relu', [conv(stem, 4, 5, 'inner')]);
  g.output(conv(g.node('Add', [stem, conv(inner, 5, 4, 'back')]), 4, 2, 'head'));
  return g.model();
}

const random = createRandom(5);
const batches = Array.from({ length: BATCHES }, () => ({
  x: {
    type: 'float32' as const,
    dims: DIMS,
    data: Float32Array.from({ length: elementCount(DIMS) }, () => random.normal()),
  },
  [signsInput(OUTPUT)]: randomSigns([2, 2, 4, 4], random),
}));

async function openGradients(traced: TracedModel) {
  const loss = projectionLoss([OUTPUT]);
  const parameters = findParameters(traced, loss.reads);
  const session = await engine.load(writeGradientGraph({ traced, parameters, loss, choices: plainChoices }));
  return { parameters, session };
}

async function measure(model: Model) {
  const { traced, coupling } = await analyse(model);
  const { parameters, session } = await openGradients(traced);
  const meter = createGradientMeter(coupling, weightsOf(traced), parameters);
  for (const batch of batches) {
    meter.add((await session.run(batch))[GRADIENT_OUTPUTS.gradient]!.data as Float32Array);
  }
  await session.close();
  const options = { gradients: meter.result(), normalizer: 'none' } as const;
  const scoreWith = (reduction: 'sum' | 'first') =>
    computeImportance(coupling, weightsOf(traced), 'taylor', { ...options, reduction });
  const labelsOf = (layer: string) =>
    coupling.uses.find(({ role, node }) => role === 'produce' && nodeId(traced.nodes[node]!) === layer)!
      .labels;
  return { scoreWith, labelsOf };
}

/** The change of each batch's projected answers as one filter with its bias is scaled by 1 ± step: signs and units stay what they are. */
async function differences(model: Model, layer: string, row: number, step = 1e-2) {
  const sessions = await Promise.all(
    [1 + step, 1 - step, 1].map((factor) => engine.load(scaleFilter(model, layer, row, factor))),
  );
  const found: number[] = [];
  for (const { x, [signsInput(OUTPUT)]: signs } of batches) {
    const [up, down, here] = await Promise.all(
      sessions.map(async (session) => toFloat32((await session.run({ x }))[OUTPUT]!)),
    );
    const unit = Math.sqrt(here!.reduce((sum, y) => sum + y * y, 0) / here!.length);
    const change = up!.reduce((sum, y, i) => sum + (y - down![i]!) * toFloat32(signs!)[i]!, 0);
    found.push(change / unit / (2 * step));
  }
  for (const session of sessions) await session.close();
  return found;
}

function scaleFilter(model: Model, layer: string, row: number, factor: number): Model {
  const initializers = model.graph.initializers.map((tensor) => {
    if (![`${layer}.w`, `${layer}.b`].includes(tensor.name ?? '')) return tensor;
    const { dims } = tensorArray(tensor);
    const size = elementCount(dims) / dims[0]!;
    const data = toFloat32(tensorArray(tensor)).map((w, i) =>
      Math.floor(i / size) === row ? w * factor : w,
    );
    return makeTensor(tensor.name!, { type: 'float32', dims, data });
  });
  return { ...model, graph: { ...model.graph, initializers } };
}

const meanSquare = (numbers: readonly number[]) =>
  numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length;

describe('taylor', () => {
  it('is the squared change of the loss as a filter is scaled, averaged over batches', async () => {
    const model = residualNet();
    const { scoreWith, labelsOf } = await measure(model);
    const scores = await scoreWith('sum');
    for (const row of [0, 3]) {
      const expected = meanSquare(await differences(model, 'inner', row));
      expect(scores[labelsOf('inner_out')[row]!]! / expected).toBeCloseTo(1, 2);
    }
  });

  it('adds up over the filters of a residual stage', async () => {
    const model = residualNet();
    const { scoreWith, labelsOf } = await measure(model);
    const [sum, first] = [await scoreWith('sum'), await scoreWith('first')];
    const row = 2;
    const id = labelsOf('stem_out')[row]!;
    expect(labelsOf('back_out')[row]).toBe(id);
    const [stem, back] = [
      meanSquare(await differences(model, 'stem', row)),
      meanSquare(await differences(model, 'back', row)),
    ];
    expect(first[id]! / stem).toBeCloseTo(1, 2);
    expect(sum[id]! / (stem + back)).toBeCloseTo(1, 2);
  });

  it('gives a filter that nobody listens to nothing, and one that is heard louder more', async () => {
    const model = residualNet();
    const initializers = model.graph.initializers.map((tensor) => {
      if (tensor.name !== 'back.w') return tensor;
      const { dims } = tensorArray(tensor);
      const taps = dims[2]! * dims[3]!;
      const data = toFloat32(tensorArray(tensor)).map((w, i) => {
        const channel = Math.floor(i / taps) % dims[1]!;
        return channel === 0 ? 0 : channel === 1 ? w / 100 : w;
      });
      return makeTensor('back.w', { type: 'float32', dims, data });
    });
    const { scoreWith, labelsOf } = await measure({ ...model, graph: { ...model.graph, initializers } });
    const scores = await scoreWith('sum');
    const [silent, quiet, ...others] = Array.from(labelsOf('inner_out'), (id) => scores[id]!);
    expect(silent).toBe(0);
    expect(quiet).toBeGreaterThan(0);
    for (const other of others) expect(other).toBeGreaterThan(quiet!);
  });
});
