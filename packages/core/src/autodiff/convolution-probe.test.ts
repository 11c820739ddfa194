import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import { createRandom } from '../random.ts';
import { randomFeeds } from '../trace/feeds.ts';
import { traceModel } from '../trace/trace.ts';
import { type ConvolutionChoice, type ConvolutionShape, plainChoices } from './convolution-choices.ts';
import {
  blockProbe,
  type ConvolutionPart,
  candidatesOf,
  convolutionShapes,
  probeModel,
} from './convolution-probe.ts';

const engine = createOrtEngine();

type Inputs = Readonly<Record<string, readonly number[]>>;

/** What a probe hands out for random inputs; undefined where the runtime cannot run it. */
async function answer(model: Model, inputs: Inputs): Promise<number | undefined> {
  const session = await engine.load(model, { threads: 1, optimization: 'disabled' }).catch(() => undefined);
  if (!session) return undefined;
  const outputs = await session.run(randomFeeds(inputs, new Map(), createRandom(1))).catch(() => undefined);
  await session.close();
  const [value] = Object.values(outputs ?? {});
  expect(value?.data.length ?? 1).toBe(1);
  return value && toFloat32(value)[0];
}

const plane = (
  input: readonly number[],
  weight: readonly number[],
  more: Partial<ConvolutionShape> = {},
): ConvolutionShape => ({
  input,
  weight,
  strides: [1, 1],
  dilations: [1, 1],
  pads: [1, 1, 1, 1],
  groups: 1,
  ...more,
});

describe('candidatesOf', () => {
  const both = ['plain', 'blocked'];
  it.each<[string, ConvolutionShape, number, readonly string[], readonly string[], readonly string[]]>([
    [
      'a plane',
      plane([1, 16, 4, 4], [16, 16, 3, 3]),
      16,
      both,
      ['flipped', 'transposed', 'blocked'],
      ['images', 'rows'],
    ],
    [
      'a plane without blocks',
      plane([1, 16, 4, 4], [16, 16, 3, 3]),
      0,
      ['plain'],
      ['flipped', 'transposed'],
      ['images', 'rows'],
    ],
    [
      'strides',
      plane([1, 16, 4, 4], [16, 16, 3, 3], { strides: [2, 2] }),
      16,
      both,
      ['transposed', 'blocked'],
      ['images'],
    ],
    [
      'a stride along one axis',
      plane([1, 16, 4, 4], [16, 16, 3, 3], { strides: [1, 2] }),
      0,
      ['plain'],
      ['transposed'],
      ['images'],
    ],
    [
      'depthwise',
      plane([1, 16, 4, 4], [16, 1, 3, 3], { groups: 16 }),
      16,
      both,
      ['flipped', 'transposed', 'blocked'],
      ['images'],
    ],
    [
      'depthwise, two outputs each',
      plane([1, 8, 4, 4], [16, 1, 3, 3], { groups: 8 }),
      16,
      ['plain'],
      ['flipped', 'transposed'],
      ['images'],
    ],
    [
      'groups',
      plane([1, 16, 4, 4], [16, 8, 3, 3], { groups: 2 }),
      16,
      ['plain'],
      ['flipped', 'transposed'],
      ['images'],
    ],
    [
      'one axis',
      { input: [1, 16, 4], weight: [16, 16, 3], strides: [1], dilations: [1], pads: [1, 1], groups: 1 },
      16,
      ['plain'],
      ['flipped', 'transposed'],
      ['images'],
    ],
  ])('%s', (_, shape, block, forward, input, weight) => {
    expect(candidatesOf(shape, block)).toEqual({ forward, input, weight });
  });

  it('always holds what is written plainly', () => {
    for (const strides of [
      [1, 1],
      [2, 2],
    ]) {
      const shape = plane([1, 4, 4, 4], [4, 4, 3, 3], { strides });
      const candidates = candidatesOf(shape, 0);
      const plain = plainChoices.choose(shape);
      for (const part of Object.keys(candidates) as ConvolutionPart[]) {
        expect(candidates[part]).toContain(plain[part]);
      }
    }
  });
});

it('convolutionShapes lists each shape behind the targets once, with its pads spelled out', async () => {
  const g = new GraphBuilder();
  const weight = (...dims: number[]): string =>
    g.constant({ dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) });
  const conv = (value: string) => g.node('Conv', [value, weight(3, 3, 3, 3)], { auto_pad: 'SAME_UPPER' });
  const x = g.input('x', [2, 3, 5, 5]);
  const twice = conv(g.node('Relu', [conv(x)]));
  const strided = g.node('Conv', [twice, weight(4, 3, 1, 1)], { strides: [2, 2] });
  const scores = g.node('Gemm', [g.node('Flatten', [strided]), weight(36, 7)]);
  g.output(scores);
  g.output(g.node('Conv', [x, weight(1, 3, 5, 5)]));
  const traced = await traceModel(g.model(), engine);
  const shapes = convolutionShapes(traced, [scores]);
  expect([...shapes.keys()]).toEqual([
    '2x3x5x5 3x3x3x3 1x1 1x1 1x1x1x1 1',
    '2x3x5x5 4x3x1x1 2x2 1x1 0x0x0x0 1',
  ]);
  expect([...shapes.values()][1]).toEqual(
    plane([2, 3, 5, 5], [4, 3, 1, 1], { strides: [2, 2], pads: [0, 0, 0, 0] }),
  );
});

/** Channels per block of this runtime, 0 where it has no blocked layout. */
async function findBlock(): Promise<number> {
  for (const block of [16, 8]) {
    const { blocked, plain, inputs } = blockProbe(block);
    const [found, wanted] = [await answer(blocked, inputs), await answer(plain, inputs)];
    expect(wanted).toBeGreaterThan(0);
    if (found !== undefined && Math.abs(found - wanted!) < 1e-4 * wanted!) return block;
  }
  return 0;
}

const block = await findBlock();

describe('probeModel', () => {
  it.each<[string, ConvolutionShape]>([
    ['3×3', plane([2, 5, 6, 4], [20, 5, 3, 3])],
    ['1×1', plane([2, 20, 3, 4], [6, 20, 1, 1], { pads: [0, 0, 0, 0] })],
    ['3×3/2 of an even size', plane([1, 18, 6, 6], [5, 18, 3, 3], { strides: [2, 2] })],
    ['dilated, uneven pads', plane([1, 4, 6, 7], [17, 4, 3, 3], { dilations: [2, 1], pads: [2, 0, 1, 1] })],
    ['depthwise', plane([2, 20, 5, 4], [20, 1, 3, 3], { groups: 20 })],
    ['depthwise with strides', plane([1, 6, 5, 5], [6, 1, 3, 3], { groups: 6, strides: [2, 2] })],
    ['groups', plane([1, 4, 4, 4], [6, 2, 3, 3], { groups: 2 })],
    [
      'one axis',
      { input: [2, 3, 7], weight: [4, 3, 3], strides: [1], dilations: [1], pads: [1, 1], groups: 1 },
    ],
  ])('hands out the same number in every formulation: %s', async (_, shape) => {
    const candidates = candidatesOf(shape, block);
    const plain = plainChoices.choose(shape);
    for (const part of Object.keys(candidates) as ConvolutionPart[]) {
      const { model, inputs } = probeModel(shape, part, plain, 0);
      const wanted = (await answer(model, inputs))!;
      expect(Math.abs(wanted)).toBeGreaterThan(0);
      for (const option of candidates[part]) {
        const choice: ConvolutionChoice = { ...plain, [part]: option };
        const probe = probeModel(shape, part, choice, block);
        expect(probe.inputs).toEqual(inputs);
        const found = await answer(probe.model, probe.inputs);
        expect(Math.abs(found! - wanted) / Math.abs(wanted), `${part} ${option}`).toBeLessThan(1e-4);
      }
    }
  });

  it('takes what the part reads, and no more', () => {
    const shape = plane([2, 3, 4, 4], [5, 3, 3, 3], { strides: [2, 2] });
    const [x, w, dy] = [shape.input, shape.weight, [2, 5, 2, 2]];
    const inputsOf = (part: ConvolutionPart) => probeModel(shape, part, plainChoices.choose(shape), 0).inputs;
    expect(inputsOf('forward')).toEqual({ x, w });
    expect(inputsOf('input')).toEqual({ w, dy });
    expect(inputsOf('weight')).toEqual({ x, dy });
  });
});

it.skipIf(block === 0)('blockProbe tells blocks of the right size from others', async () => {
  const { blocked, plain, inputs } = blockProbe(block === 16 ? 8 : 16);
  const [found, wanted] = [await answer(blocked, inputs), await answer(plain, inputs)];
  expect(found === undefined || Math.abs(found - wanted!) > 1e-2 * Math.abs(wanted!)).toBe(true);
});
