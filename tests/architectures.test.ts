// Every generated architecture is a valid model: it encodes, loads and computes something at each of its sizes.
import {
  createRandom,
  elementCount,
  encodeModel,
  type Model,
  type NdArray,
  type Session,
  toFloat32,
} from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import {
  type Architecture,
  architectures,
  type InputShapes,
  inputSizes,
} from './fixtures/architectures/index.ts';

const engine = createOrtEngine();

async function useSession<T>(model: Model, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await engine.load(encodeModel(model), { threads: 1 });
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

function randomFeeds(shapes: InputShapes, seed: number): Record<string, NdArray> {
  const random = createRandom(seed);
  const draw = (dims: readonly number[]): NdArray => {
    const data = Float32Array.from({ length: elementCount(dims) }, () => random.normal());
    return { type: 'float32', dims, data };
  };
  return Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, draw(dims)]));
}

describe.each(architectures)('$name', (architecture: Architecture) => {
  it('is the same model on every build', () => {
    expect(Buffer.compare(encodeModel(architecture.build()), encodeModel(architecture.build()))).toBe(0);
  });

  it('computes finite outputs of the declared shapes that depend on its inputs', async () => {
    const model = architecture.build();
    await useSession(model, async (session) => {
      for (const shapes of inputSizes(architecture, model)) {
        const first = await session.run(randomFeeds(shapes, 1));
        const second = await session.run(randomFeeds(shapes, 2));
        for (const { name, shape = [] } of model.graph.outputs) {
          const output = first[name]!;
          expect(output.dims).toEqual(shape.map((dim, axis) => dim.value ?? output.dims[axis]));
          expect(output.data.length).toBeGreaterThan(0);
          if (output.type !== 'float32') continue; // the indices a detector selects may coincide
          const values = toFloat32(output);
          expect(values.every(Number.isFinite)).toBe(true);
          expect(new Set(values).size).toBeGreaterThan(1);
          expect(toFloat32(second[name]!)).not.toEqual(values);
        }
      }
    });
  });
});

it('architectures have unique names', () => {
  const names = architectures.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe('the same network written in two ways', () => {
  it.each([
    ['vgg-bn', 'vgg-bn-folded', 1e-5],
    ['resnet-a-bn', 'resnet-a', 1e-5],
    ['resnet-a', 'resnet-a-computed-pads', 0],
    ['resnet-b-bn', 'resnet-b', 1e-5],
    ['resnet-b', 'resnet-opset-8', 0],
    ['resnet-b', 'resnet-constant-nodes', 0],
    ['resnet-b', 'resnet-float16-cast', 1e-2],
    ['resnet-b', 'resnet-dequantized', 1e-1],
    ['resnext-bn', 'resnext', 1e-5],
    ['resnet-group-norm', 'resnet-group-norm-pieces', 1e-5],
    ['inception-v3-bn', 'inception-v3', 1e-5],
    ['densenet-bn', 'densenet', 1e-5],
    ['mobilenet-v1-bn', 'mobilenet-v1', 1e-5],
    ['mobilenet-v2-bn', 'mobilenet-v2', 1e-5],
    ['mobilenet-v3', 'mobilenet-v3-opset-11', 1e-5],
    ['efficientnet-bn', 'efficientnet', 1e-5],
    ['shufflenet-v1-g3-bn', 'shufflenet-v1-g3-dynamic', 1e-5],
    ['shufflenet-v2-bn', 'shufflenet-v2-split', 1e-5],
    ['shufflenet-v2-split', 'shufflenet-v2-chunk', 0],
    ['repvgg-training', 'repvgg-deployed', 1e-5],
    ['convnext', 'convnext-pieces', 1e-5],
  ])('%s = %s', async (left, right, tolerance) => {
    const [a, b] = [await firstOutput(left), await firstOutput(right)];
    const scale = a.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const worst = a.reduce((max, value, index) => Math.max(max, Math.abs(value - b[index]!)), 0);
    expect(worst / scale).toBeLessThanOrEqual(tolerance);
  });

  async function firstOutput(name: string): Promise<Float32Array> {
    const architecture = architectures.find((candidate) => candidate.name === name)!;
    const model = architecture.build();
    const feeds = randomFeeds(inputSizes(architecture, model)[0]!, 1);
    const outputs = await useSession(model, (session) => session.run(feeds));
    return toFloat32(Object.values(outputs)[0]!);
  }
});

// What makes each of these hard to prune; a network that lost its trap would still run.
it.each([
  ['resnet-a', ['Slice', 'Pad']],
  ['resnet-a-computed-pads', ['ConstantOfShape', 'Cast', 'Pad']],
  ['se-resnet', ['Gemm', 'Sigmoid', 'Reshape', 'Mul']],
  ['resnet-group-norm', ['GroupNormalization']],
  ['resnet-group-norm-pieces', ['InstanceNormalization', 'Shape', 'Reshape']],
  ['resnet-cbam', ['GlobalMaxPool', 'ReduceMean', 'ReduceMax', 'Concat']],
  ['googlenet-lrn', ['LRN', 'Concat']],
  ['mobilenet-v3', ['HardSwish', 'HardSigmoid']],
  ['shufflenet-v1-g2', ['Reshape', 'Transpose', 'AveragePool', 'Concat']],
  ['shufflenet-v2-split', ['Split', 'Transpose']],
  ['shufflenet-v2-chunk', ['Shape', 'Gather', 'Div', 'Mul', 'Slice']],
  ['convnext', ['LayerNormalization', 'MatMul', 'Erf', 'Transpose']],
  ['convnext-pieces', ['ReduceMean', 'Sub', 'Pow', 'Sqrt', 'Div']],
  ['conv-lstm', ['LSTM', 'Expand']],
  ['conv-gru', ['GRU', 'Expand']],
  ['dynamic-batch-view', ['Shape', 'Gather', 'Mul', 'Unsqueeze', 'Concat', 'Reshape']],
  ['dynamic-resize', ['Shape', 'Slice', 'Resize']],
  ['prelu', ['PRelu']],
  ['shared-weights', ['Identity']],
  ['captured-by-if', ['If']],
  ['quantized-activations', ['QuantizeLinear', 'DequantizeLinear']],
  ['resnet-constant-nodes', ['Constant']],
  ['resnet-float16-cast', ['Cast']],
  ['resnet-dequantized', ['DequantizeLinear']],
])('%s is built with %j', (name, operators) => {
  const { nodes } = architectures.find((architecture) => architecture.name === name)!.build().graph;
  expect([...new Set(nodes.map(({ opType }) => opType))]).toEqual(expect.arrayContaining(operators));
});
