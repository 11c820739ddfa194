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
import { denseNet } from './fixtures/architectures/densenet.ts';
import {
  type Architecture,
  architectures,
  type InputShapes,
  inputSizes,
} from './fixtures/architectures/index.ts';
import { mobileNetV2 } from './fixtures/architectures/mobilenet.ts';
import { resNet } from './fixtures/architectures/resnet.ts';
import { vgg } from './fixtures/architectures/vgg.ts';

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

describe('batch normalization', () => {
  it.each([
    ['vgg', vgg.bind(undefined, 'batch-norm')],
    ['resnet', resNet],
    ['densenet', denseNet],
    ['mobilenet-v2', mobileNetV2],
  ])('%s computes the same whether it is kept or folded', async (_name, build) => {
    const feeds = randomFeeds({ x: [1, 3, 32, 32] }, 1);
    const run = async (batchNorm: 'kept' | 'folded'): Promise<Float32Array> => {
      const outputs = await useSession(build({ batchNorm }), (session) => session.run(feeds));
      return toFloat32(Object.values(outputs)[0]!);
    };
    const kept = await run('kept');
    const folded = await run('folded');
    const scale = kept.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const worst = kept.reduce((max, value, index) => Math.max(max, Math.abs(value - folded[index]!)), 0);
    expect(worst / scale).toBeLessThan(1e-4);
  });
});
