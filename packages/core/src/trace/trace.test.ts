import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { nodeId, tracedShape } from '../graph/traced-model.ts';
import { toNumbers, traceModel } from './trace.ts';

const engine = createOrtEngine();
const ones = (...dims: number[]) => ({
  dims,
  data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1),
});

describe('traceModel', () => {
  it('learns the shape of every value', async () => {
    const g = new GraphBuilder();
    const a = g.node(
      'Conv',
      [g.input('x', [1, 3, 8, 8]), g.constant(ones(4, 3, 3, 3))],
      { strides: [2, 2] },
      'a',
    );
    g.output(g.node('Relu', [a], {}, 'b'));
    const traced = await traceModel(g.model(), engine);
    expect(traced.sizes).toEqual([{ x: [1, 3, 8, 8] }]);
    expect(['x', 'a_out', 'b_out', 'constant_0'].map((name) => traced.shapeOf(name))).toEqual([
      [1, 3, 8, 8],
      [1, 4, 3, 3],
      [1, 4, 3, 3],
      [4, 3, 3, 3],
    ]);
    expect(() => tracedShape(traced, 'nothing')).toThrow(expect.objectContaining({ code: 'trace.no-shape' }));
  });

  it('traces dynamic dims at two sizes', async () => {
    const g = new GraphBuilder();
    g.output(
      g.node('MaxPool', [g.input('x', ['n', 3, 'h', 'w'])], { kernel_shape: [2, 2], strides: [2, 2] }, 'p'),
    );
    const traced = await traceModel(g.model(), engine, { inputShapes: { x: [1, 3, 16, 20] } });
    expect(traced.sizes).toEqual([{ x: [1, 3, 16, 20] }, { x: [2, 3, 48, 52] }]);
    expect([0, 1].map((size) => traced.shapeOf('p_out', size))).toEqual([
      [1, 3, 8, 10],
      [2, 3, 24, 26],
    ]);
    expect(traced.notes).toEqual([]);
  });

  it('says so when dims that are declared dynamic are not', async () => {
    const g = new GraphBuilder();
    g.output(g.node('Reshape', [g.input('x', ['n', 4]), g.integers([2, 2])]));
    const traced = await traceModel(g.model(), engine, { inputShapes: { x: [1, 4] } });
    expect(traced.sizes).toHaveLength(1);
    expect(traced.notes).toContain(
      'some input dims are declared dynamic, but the model runs at one size only',
    );
  });

  it('tells constants, shapes and activations apart, and reads the first two', async () => {
    const g = new GraphBuilder();
    const x = g.input('x', [1, 3, 'h', 4]);
    const weight = g.node('Transpose', [g.constant(ones(3, 2))], { perm: [1, 0] }, 'w');
    const shape = g.node('Shape', [x], {}, 's');
    const twice = g.node('Mul', [shape, g.integers([2])], {}, 'd');
    const noise = g.node('RandomNormal', [], { shape: [2] }, 'r');
    for (const value of [weight, twice, noise, g.node('Relu', [x], {}, 'a')]) g.output(value);
    g.node('Identity', [weight]);
    const traced = await traceModel(g.model(), engine, { inputShapes: { x: [1, 3, 5, 4] } });
    const kinds = ['w_out', 's_out', 'd_out', 'r_out', 'a_out'].map((name) => traced.kindOf(name));
    expect(kinds).toEqual(['constant', 'shape', 'shape', 'activation', 'activation']);
    expect(traced.contentOf('d_out')).toEqual([2, 6, 10, 8]);
    expect(traced.contentOf('d_out', 1)).toEqual([2, 6, 74, 8]);
    expect(traced.contentOf('a_out')).toBeUndefined();
    expect(traced.typeOf('d_out')).toBe('int64');
  });

  it('evaluates constant expressions that activations read', async () => {
    const g = new GraphBuilder();
    const stored = g.constant({ dims: [4], data: [1, 2, 3, 4] });
    const kernel = g.node('Reshape', [stored, g.integers([4, 1, 1, 1])], {}, 'k');
    g.output(g.node('Conv', [g.input('x', [1, 1, 2, 2]), kernel]));
    const traced = await traceModel(g.model(), engine);
    expect(traced.kindOf('k_out')).toBe('constant');
    expect(traced.constantOf('k_out')).toMatchObject({
      dims: [4, 1, 1, 1],
      data: Float32Array.of(1, 2, 3, 4),
    });
  });

  it('puts nodes into execution order and numbers them so', async () => {
    const g = new GraphBuilder();
    const a = g.node('Relu', [g.input('x', [2])], {}, 'a');
    g.output(g.node('Neg', [a], {}, 'b'));
    const model = g.model();
    const reversed = { ...model, graph: { ...model.graph, nodes: model.graph.nodes.toReversed() } };
    const traced = await traceModel(reversed, engine);
    expect(traced.nodes.map(nodeId)).toEqual(['a_out', 'b_out']);
    expect(traced.wiring.consumers.get('a_out')).toEqual([{ node: 1, slot: 0 }]);
  });

  it('leaves out values that are no tensors', async () => {
    const g = new GraphBuilder();
    const list = g.node('SplitToSequence', [g.input('x', [4, 2])], { axis: 0 }, 'list');
    g.output(g.node('ConcatFromSequence', [list], { axis: 1 }, 'y'));
    const traced = await traceModel(g.model(), engine);
    expect(traced.shapeOf('list_out')).toBeUndefined();
    expect(traced.shapeOf('y_out')).toEqual([1, 8]);
  });

  it('passes the words of a runtime on that refuses the model', async () => {
    const g = new GraphBuilder();
    g.output(g.node('Conv', [g.input('x', [1, 3, 4, 4]), g.constant(ones(2, 5, 1, 1))]));
    await expect(traceModel(g.model(), engine)).rejects.toMatchObject({ kind: 'engine' });
  });

  it('stops when told to', async () => {
    const g = new GraphBuilder();
    g.output(g.node('Relu', [g.input('x', [1])]));
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(traceModel(g.model(), engine, { signal })).rejects.toThrow('enough');
  });
});

describe('toNumbers', () => {
  it('reads integers and halves as numbers', () => {
    expect(toNumbers({ type: 'int64', dims: [2], data: BigInt64Array.of(3n, -1n) })).toEqual([3, -1]);
    expect(toNumbers({ type: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc400) })).toEqual([1, -4]);
  });
});
