import { describe, expect, it } from 'vitest';
import { plainChoices } from '../autodiff/convolution-choices.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { makeTensor, tensorArray, toFloat32 } from '../onnx/tensor.ts';
import { analyse, convOn, engine } from '../plan/analysed-net.case.ts';
import { createRandom } from '../random.ts';
import { GRADIENT_OUTPUTS, writeGradientGraph } from './gradient-graph.ts';
import { classificationObjective, TARGETS_INPUT } from './objective.ts';
import { findParameters } from './parameters.ts';

const random = createRandom(3);
const x: NdArray = {
  type: 'float32',
  dims: [2, 3, 1, 1],
  data: Float32Array.from({ length: 6 }, () => random.normal()),
};
const targets: NdArray = { type: 'float32', dims: [2, 4], data: Float32Array.of(0, 1, 0, 0, 0, 0, 0, 1) };

function build(last = 'Relu'): Model {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const hidden = g.node(last, [conv(g.input('x', [2, 3, 1, 1]), 3, 5, 'first')]);
  g.output(conv(hidden, 5, 4, 'logits'));
  return g.model();
}

async function write(model: Model) {
  const { traced } = await analyse(model);
  const loss = classificationObjective({ output: 'logits_out' });
  const parameters = findParameters(traced, loss.reads);
  return { parameters, graph: writeGradientGraph({ traced, parameters, loss, choices: plainChoices }) };
}

/** Mean of −log softmax at the target, worked out here. */
async function crossEntropy(model: Model): Promise<number> {
  const session = await engine.load(model);
  const logits = toFloat32((await session.run({ x })).logits_out!);
  await session.close();
  const row = (image: number, target: number): number => {
    const own = Array.from(logits.slice(4 * image, 4 * image + 4));
    return Math.log(own.reduce((sum, y) => sum + Math.exp(y), 0)) - own[target]!;
  };
  return (row(0, 1) + row(1, 3)) / 2;
}

function nudge(model: Model, name: string, at: number, step: number): Model {
  const initializers = model.graph.initializers.map((tensor) => {
    if (tensor.name !== name) return tensor;
    const { dims } = tensorArray(tensor);
    const data = toFloat32(tensorArray(tensor)).slice();
    data[at]! += step;
    return makeTensor(name, { type: 'float32', dims, data });
  });
  return { ...model, graph: { ...model.graph, initializers } };
}

describe('writeGradientGraph', () => {
  it('hands out the loss and how it changes with every parameter', async () => {
    const model = build();
    const { parameters, graph } = await write(model);
    const session = await engine.load(graph);
    const outputs = await session.run({ x, [TARGETS_INPUT]: targets });
    await session.close();
    expect(toFloat32(outputs[GRADIENT_OUTPUTS.loss]!)[0]).toBeCloseTo(await crossEntropy(model), 5);
    const gradient = toFloat32(outputs[GRADIENT_OUTPUTS.gradient]!);
    const step = 1e-2;
    for (const { value, offset } of parameters) {
      const at = 4; // the centre tap of the first kernel: the others see padding only
      const element = value.endsWith('.w') ? at : 0;
      const [up, down] = [step, -step].map((by) => crossEntropy(nudge(model, value, element, by)));
      expect(gradient[offset + element]).toBeCloseTo(((await up!) - (await down!)) / (2 * step), 3);
    }
  });

  it('takes the batch and what the loss is fed, no weights', async () => {
    const { graph } = await write(build());
    expect(graph.graph.inputs.map(({ name }) => name)).toEqual(['x', TARGETS_INPUT]);
    expect(graph.graph.outputs.map(({ name }) => name)).toEqual(Object.values(GRADIENT_OUTPUTS));
  });

  it('refuses an operator without a gradient before any work', async () => {
    await expect(write(build('Shrink'))).rejects.toMatchObject({ code: 'autodiff.no-rule' });
  });
});
