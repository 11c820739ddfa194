import { describe, expect, it } from 'vitest';
import { Emitter } from '../autodiff/emitter.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import { engine } from '../plan/analysed-net.case.ts';
import { createRandom } from '../random.ts';
import { projectionLoss, randomSigns, signsInput } from './projection.ts';

const array = (...data: number[]): NdArray => ({
  type: 'float32',
  dims: [2, 2],
  data: Float32Array.from(data),
});

describe('projectionLoss', () => {
  it('adds up signed answers in units of their own size, and its slope is the signs in that unit', async () => {
    const graph = new GraphBuilder();
    const emit = new Emitter(graph, { opset: 17 });
    const given = ['a', 'b'].map((name) => graph.input(name, [2, 2]));
    const { value, gradients } = projectionLoss(given).write({
      emit,
      value: (name) => ({ value: name, name, dims: [2, 2] }),
      input: (name, dims) => graph.input(name, dims),
    });
    graph.output(value);
    for (const gradient of gradients.values()) graph.output(gradient);
    const session = await engine.load(graph.model());
    const outputs = await session.run({
      a: array(1, 1, -1, 1),
      b: array(300, -100, 100, 100),
      [signsInput('a')]: array(1, -1, -1, 1),
      [signsInput('b')]: array(1, 1, -1, -1),
    });
    await session.close();
    const unit = Math.sqrt(30000);
    expect(toFloat32(outputs[value]!)[0]).toBeCloseTo(2 + 0 / unit, 4);
    expect([...toFloat32(outputs[gradients.get('a')!]!)]).toEqual([1, -1, -1, 1]);
    expect(toFloat32(outputs[gradients.get('b')!]!)[0]).toBeCloseTo(1 / unit, 6);
  });
});

describe('randomSigns', () => {
  it('are ones of both signs, the same for the same seed', () => {
    const signs = randomSigns([10, 100], createRandom(1));
    const data = toFloat32(signs);
    expect(signs.dims).toEqual([10, 100]);
    expect(new Set(data)).toEqual(new Set([1, -1]));
    expect(Math.abs(data.reduce((sum, x) => sum + x, 0))).toBeLessThan(120);
    expect(randomSigns([10, 100], createRandom(1))).toEqual(signs);
  });
});
