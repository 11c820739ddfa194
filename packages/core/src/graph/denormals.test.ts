import { describe, expect, it } from 'vitest';
import { encodeModel } from '../onnx/codec.ts';
import type { Model, Tensor } from '../onnx/model.ts';
import { makeTensor, tensorArray, toFloat32 } from '../onnx/tensor.ts';
import { engine } from '../plan/analysed-net.case.ts';
import { createRandom } from '../random.ts';
import { GraphBuilder } from './builder.ts';
import { findDenormals, flushDenormals } from './denormals.ts';

const smallestNormal = 2 ** -126;

const holding = (...initializers: readonly Tensor[]): Model => {
  const model = new GraphBuilder().model();
  return { ...model, graph: { ...model.graph, initializers } };
};
const valuesOf = ({ graph }: Model, index = 0): readonly number[] =>
  Array.from(tensorArray(graph.initializers[index]!).data as Float64Array);

describe('findDenormals', () => {
  it('counts float32 denormals of either sign, but no zeros and no smallest normal number', () => {
    const g = new GraphBuilder();
    g.constant({ dims: [6], data: [0, -0, smallestNormal, -smallestNormal / 2, 2 ** -149, 1] }, 'w');
    g.constant({ dims: [2], data: [0, 1] }, 'clean');
    expect(findDenormals(g.model())).toEqual([{ tensor: 'w', count: 2, total: 6 }]);
  });

  it('counts float64 denormals, also those with an empty upper half, but none that only float32 would have', () => {
    const data = Float64Array.of(0, -0, 1e-40, 2 ** -1022, -(2 ** -1023), 5e-324);
    const model = holding(makeTensor('wide', { type: 'float64', dims: [6], data }));
    expect(findDenormals(model)).toEqual([{ tensor: 'wide', count: 2, total: 6 }]);
  });

  it('takes the smallest half-precision numbers for what they are, ordinary numbers of float32', () => {
    const data = Uint16Array.of(0x0001, 0x83ff);
    const model = holding(makeTensor('half', { type: 'float16', dims: [2], data }));
    expect(findDenormals(model)).toEqual([]);
    expect(flushDenormals(model)).toBe(model);
    for (const value of toFloat32({ type: 'float16', dims: [2], data })) {
      expect(Math.abs(value)).toBeGreaterThan(smallestNormal);
    }
  });

  it('looks into Constant nodes, also those of subgraphs, and passes over integers and single numbers', () => {
    const tiny = { type: 'float32', dims: [2], data: Float32Array.of(1, 2 ** -140) } as const;
    const g = new GraphBuilder();
    g.node('Constant', [], { value: tiny }, 'outer');
    const branch = g.subgraph('branch', (body) => body.output(body.constant(tiny, 'inner')));
    g.node('If', [g.input('condition', [], 'bool')], { then_branch: branch, else_branch: branch }, 'choice');
    g.integers([1, 2], 'counts');
    g.scalar(2 ** -140, 'epsilon');
    expect(findDenormals(g.model()).map((weight) => weight.tensor)).toEqual(['outer_out', 'inner', 'inner']);
    expect(findDenormals(flushDenormals(g.model()))).toEqual([]);
  });

  it('looks at external data that were read, and at no others', () => {
    const external = { location: 'weights.bin', offset: 0 };
    const far = { name: 'far', dims: [2], dataType: 1, external };
    const raw = makeTensor('', { type: 'float32', dims: [2], data: Float32Array.of(1e-40, 1) }).raw!;
    expect(findDenormals(holding(far))).toEqual([]);
    const read = holding({ ...far, raw });
    expect(findDenormals(read)).toEqual([{ tensor: 'far', count: 1, total: 2 }]);
    expect(flushDenormals(read).graph.initializers[0]).toMatchObject({ name: 'far', external });
  });
});

describe('flushDenormals', () => {
  it('leaves zeros of the same sign and every other number as it is, whatever field holds them', () => {
    const numbers = [1e-40, -1e-40, smallestNormal, -0.5, Number.NaN, Number.POSITIVE_INFINITY];
    const wanted = [0, -0, smallestNormal, -0.5, Number.NaN, Number.POSITIVE_INFINITY];
    const floatData = Float32Array.from(numbers);
    const typed = { name: 'typed', dims: [6], dataType: 1, floatData, docString: 'kept' };
    const flushed = flushDenormals(holding(typed));
    expect(valuesOf(flushed)).toEqual(wanted);
    expect(flushed.graph.initializers[0]).toMatchObject({ name: 'typed', docString: 'kept' });
    expect([...floatData]).toEqual([...Float32Array.from(numbers)]);

    const wide = { type: 'float64', dims: [3], data: Float64Array.of(-5e-324, 2 ** -1022, 3) } as const;
    expect(valuesOf(flushDenormals(holding(makeTensor('wide', wide))))).toEqual([-0, 2 ** -1022, 3]);
  });

  it('keeps tensors without denormals, and whole models, to the byte', () => {
    const g = new GraphBuilder();
    g.constant({ dims: [2], data: [1e-40, 1] }, 'dead');
    g.constant({ dims: [2], data: [2, 1] }, 'alive');
    const model = g.model();
    const flushed = flushDenormals(model);
    expect(flushed.graph.initializers[1]).toBe(model.graph.initializers[1]);
    expect(flushDenormals(flushed)).toBe(flushed);
    expect(encodeModel(flushed)).toHaveLength(encodeModel(model).length);
  });

  it('changes no output of a net by more than 1e-30, with dead channels and tiny activations', async () => {
    const random = createRandom(5);
    const weight = (count: number, dead: number): Float32Array =>
      Float32Array.from({ length: count }, (_, i) => random.normal() * (i < dead ? 1e-39 : 0.1));
    const g = new GraphBuilder();
    const x = g.input('x', [1, 4, 9, 9]);
    // Half of the filters are dead: what they pass on is denormal too.
    const first = g.constant({ dims: [8, 4, 3, 3], data: weight(288, 144) }, 'first');
    const second = g.constant({ dims: [4, 8, 3, 3], data: weight(288, 20) }, 'second');
    const dead = g.node('Conv', [x, first], { pads: [1, 1, 1, 1] });
    g.output(dead);
    g.output(g.node('Conv', [g.node('Relu', [dead]), second], { pads: [1, 1, 1, 1] }));
    const model = g.model();
    const feeds = {
      x: { type: 'float32', dims: [1, 4, 9, 9], data: Float32Array.from({ length: 324 }, random.normal) },
    } as const;
    const answer = async (of: Model): Promise<readonly number[]> => {
      const session = await engine.load(of, { threads: 1 });
      try {
        return Object.values(await session.run(feeds)).flatMap((value) => [...toFloat32(value)]);
      } finally {
        await session.close();
      }
    };
    const [before, after] = [await answer(model), await answer(flushDenormals(model))];
    const tiny = before.filter((value) => value !== 0 && Math.abs(value) < smallestNormal);
    expect(tiny.length).toBeGreaterThan(100);
    const largest = Math.max(...before.map((value, i) => Math.abs(value - after[i]!)));
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(1e-30);
  });
});
