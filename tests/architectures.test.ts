// Every generated architecture is a valid model: it encodes, loads and computes something at each of its sizes.
import { createRandom, elementCount, encodeModel, type NdArray, toFloat32 } from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { denseNet } from './fixtures/architectures/densenet.ts';
import type { InputShapes } from './fixtures/architectures/index.ts';
import { architectures } from './fixtures/architectures/index.ts';
import { mobileNetV2 } from './fixtures/architectures/mobilenet.ts';
import { resNet } from './fixtures/architectures/resnet.ts';
import { vgg } from './fixtures/architectures/vgg.ts';

const engine = createOrtEngine();

function randomFeeds(shapes: InputShapes): Record<string, NdArray> {
  const random = createRandom(11);
  const draw = (dims: readonly number[]): NdArray => {
    const data = Float32Array.from({ length: elementCount(dims) }, () => random.normal());
    return { type: 'float32', dims, data };
  };
  return Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, draw(dims)]));
}

async function runAt(model: Uint8Array, sizes: readonly InputShapes[]): Promise<readonly NdArray[]> {
  const session = await engine.load(model, { threads: 1 });
  try {
    const outputs: NdArray[] = [];
    for (const shapes of sizes) outputs.push(...Object.values(await session.run(randomFeeds(shapes))));
    return outputs;
  } finally {
    await session.close();
  }
}

describe('architectures', () => {
  it('have unique names', () => {
    const names = architectures.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(architectures)('$name computes finite, varied outputs', async ({ build, sizes }) => {
    const outputs = await runAt(encodeModel(build()), sizes);
    expect(outputs.length).toBeGreaterThanOrEqual(sizes.length);
    for (const output of outputs) {
      const values = toFloat32(output);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(1e-3);
    }
  });

  it.each(architectures)('$name is the same on every build', ({ build }) => {
    expect(Buffer.compare(encodeModel(build()), encodeModel(build()))).toBe(0);
  });
});

describe('batch normalization', () => {
  it.each([
    ['vgg', vgg.bind(undefined, 'batch-norm')],
    ['resnet', resNet],
    ['densenet', denseNet],
    ['mobilenet-v2', mobileNetV2],
  ])('%s computes the same whether it is kept or folded', async (_name, build) => {
    const sizes = [{ x: [1, 3, 32, 32] }];
    const [kept] = await runAt(encodeModel(build({ batchNorm: 'kept' })), sizes);
    const [folded] = await runAt(encodeModel(build({ batchNorm: 'folded' })), sizes);
    const [a, b] = [toFloat32(kept!), toFloat32(folded!)];
    const scale = a.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const worst = a.reduce((max, value, index) => Math.max(max, Math.abs(value - b[index]!)), 0);
    expect(worst / scale).toBeLessThan(1e-4);
  });
});
