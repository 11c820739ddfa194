// Constants that are cut stay stored as they were, and readers that disagree get copies.
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import { tensorArray } from '../onnx/tensor.ts';
import { analyse, convOn, drawWeights, dropChannels, engine } from '../plan/analysed-net.case.ts';
import { listCuts } from '../plan/cuts.ts';
import { verifyCut } from '../verify/verify-cut.ts';
import { cutModel } from './cut-model.ts';

/** Cuts, proves, and returns the smaller graph. */
async function cut(model: Model, dropped: Readonly<Record<string, readonly number[]>>) {
  const { traced, coupling } = await analyse(model);
  const keep = dropChannels(traced, coupling, dropped);
  const pruned = await cutModel(traced, coupling, keep, engine);
  const proof = await verifyCut(traced, coupling, keep, listCuts(traced, coupling, keep), pruned, engine);
  expect(proof.verdict).toBe('proven');
  return pruned.graph;
}

const tensorsOf = (graph: Model['graph']): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(graph.initializers.map(({ name, dims }) => [name, dims]));

const weightOf = (graph: Model['graph'], node: string): string =>
  graph.nodes.find(({ name }) => name === node)!.inputs[1]!;

describe('a shared weight', () => {
  /** x → a → b → c, all three convolutions read one 6×6 kernel. */
  const shared = (): Model => {
    const g = new GraphBuilder();
    const weight = g.constant(drawWeights()(6, 6, 3, 3), 'w');
    let x = g.node('Relu', [convOn(g)(g.input('x', [1, 3, 8, 8]), 3, 6, 'first')]);
    for (const name of ['a', 'b', 'c']) x = g.node('Conv', [x, weight], { pads: [1, 1, 1, 1] }, name);
    g.output(x);
    return g.model();
  };

  it('gets a copy per reader where their uses differ', async () => {
    const graph = await cut(shared(), { a_out: [1], b_out: [0, 2] });
    const dims = tensorsOf(graph);
    expect(dims[weightOf(graph, 'a')]).toEqual([5, 6, 3, 3]);
    expect(dims[weightOf(graph, 'b')]).toEqual([4, 5, 3, 3]);
    expect(dims[weightOf(graph, 'c')]).toEqual([6, 4, 3, 3]);
  });

  it('stays itself for a reader that is not cut', async () => {
    const graph = await cut(shared(), { first_out: [5] });
    expect(weightOf(graph, 'b')).toBe('w');
    expect(weightOf(graph, 'c')).toBe('w');
    expect(tensorsOf(graph)).toMatchObject({ w: [6, 6, 3, 3], [weightOf(graph, 'a')]: [6, 5, 3, 3] });
  });

  it('stays one where the readers agree', async () => {
    const g = new GraphBuilder();
    const draw = drawWeights();
    const conv = convOn(g);
    const first = g.node('Relu', [conv(g.input('x', [1, 3, 8, 8]), 3, 6, 'first')]);
    const weight = g.constant(draw(4, 6, 1, 1), 'w');
    const [a, b] = ['a', 'b'].map((name) => g.node('Conv', [first, weight], {}, name)) as [string, string];
    g.output(g.node('Mul', [a, b]));
    const graph = await cut(g.model(), { first_out: [0, 3] });
    expect([weightOf(graph, 'a'), weightOf(graph, 'b')]).toEqual(['w', 'w']);
    expect(tensorsOf(graph).w).toEqual([4, 4, 1, 1]);
  });

  it('that the model also puts out is not touched', async () => {
    const g = new GraphBuilder();
    const conv = convOn(g);
    g.output(conv(conv(g.input('x', [1, 3, 8, 8]), 3, 6, 'first'), 6, 4, 'head'));
    g.output('head.w');
    const graph = await cut(g.model(), { first_out: [2] });
    expect(tensorsOf(graph)).toMatchObject({
      'head.w': [4, 6, 3, 3],
      [weightOf(graph, 'head')]: [4, 5, 3, 3],
    });
  });
});

describe('a stored weight', () => {
  /** first 6 → head 4, whose weight comes out of `store`. */
  const stored = (store: (g: GraphBuilder) => string, group = 1): Model => {
    const g = new GraphBuilder();
    const x = g.node('Relu', [convOn(g)(g.input('x', [1, 3, 8, 8]), 3, 6, 'first')]);
    g.output(g.node('Conv', [x, store(g)], { group }, 'head'));
    return g.model();
  };
  const half = Uint16Array.from({ length: 24 }, (_, i) => 0x3000 + 64 * i);

  it('in half precision behind Cast stays in half precision', async () => {
    const graph = await cut(
      stored((g) => {
        const w = g.constant({ type: 'float16', dims: [4, 6, 1, 1], data: half }, 'w');
        return g.node('Cast', [w], { to: 1 });
      }),
      { first_out: [1, 2] },
    );
    const cast = graph.nodes.find(({ opType }) => opType === 'Cast')!;
    const tensor = graph.initializers.find(({ name }) => name === cast.inputs[0])!;
    expect(cast.outputs[0]).toBe(weightOf(graph, 'head'));
    expect(tensorArray(tensor)).toMatchObject({ type: 'float16', dims: [4, 4, 1, 1] });
    expect([...tensorArray(tensor).data].slice(0, 4)).toEqual([half[0], half[3], half[4], half[5]]);
    // The original is read by nobody now.
    expect(tensorsOf(graph)).not.toHaveProperty('w');
  });

  it.each([0, 1])(
    'in int8 behind DequantizeLinear stays in int8, its scales along axis %i cut with it',
    async (axis) => {
      const data = Int8Array.from({ length: 24 }, (_, i) => 5 * i - 60);
      const count = [4, 6][axis]!;
      const graph = await cut(
        stored((g) => {
          const w = g.constant({ dims: [4, 6, 1, 1], data }, 'w');
          const scale = Float32Array.from({ length: count }, (_, i) => 0.01 * (i + 1));
          const zero = Int8Array.from({ length: count }, (_, i) => i);
          return g.node(
            'DequantizeLinear',
            [
              w,
              g.constant({ dims: [count], data: scale }, 's'),
              g.constant({ dims: [count], data: zero }, 'z'),
            ],
            { axis },
          );
        }),
        { first_out: [0, 5] },
      );
      const node = graph.nodes.find(({ opType }) => opType === 'DequantizeLinear')!;
      const arrays = node.inputs.map((input) =>
        tensorArray(graph.initializers.find(({ name }) => name === input)!),
      );
      expect(arrays.map(({ type }) => type)).toEqual(['int8', 'float32', 'int8']);
      expect(arrays.map(({ dims }) => dims)).toEqual([
        [4, 4, 1, 1],
        ...(axis === 1 ? [[4], [4]] : [[4], [4]]),
      ]);
      expect([...arrays[2]!.data]).toEqual(axis === 1 ? [1, 2, 3, 4] : [0, 1, 2, 3]);
      expect([...arrays[0]!.data].slice(0, 4)).toEqual([...data.subarray(1, 5)]);
    },
  );

  it('in a Constant node becomes an initializer of the same name', async () => {
    const graph = await cut(
      stored((g) =>
        g.node('Constant', [], { value: { type: 'float32', ...drawWeights()(4, 6, 1, 1) } }, 'w'),
      ),
      { first_out: [3] },
    );
    expect(graph.nodes.some(({ opType }) => opType === 'Constant')).toBe(false);
    expect(tensorsOf(graph)).toMatchObject({ w_out: [4, 5, 1, 1] });
  });

  it('behind an expression that cannot be cut inside is spelled out', async () => {
    const graph = await cut(
      stored((g) => {
        const [a, b] = [g.constant(drawWeights(1)(4, 6), 'a'), g.constant(drawWeights(2)(6, 6), 'b')];
        return g.node('Reshape', [g.node('MatMul', [a, b]), g.integers([4, 6, 1, 1])], {}, 'made');
      }),
      { first_out: [3] },
    );
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Conv', 'Relu', 'Conv']);
    expect(tensorsOf(graph)).toMatchObject({ made_out: [4, 5, 1, 1] });
  });

  it('of a grouped convolution keeps its storage too', async () => {
    const graph = await cut(
      stored((g) => {
        const w = g.constant({ type: 'float16', dims: [4, 3, 1, 1], data: half.slice(0, 12) }, 'w');
        return g.node('Cast', [w], { to: 1 });
      }, 2),
      { first_out: [0, 5] },
    );
    const tensor = graph.initializers.find(({ dataType }) => dataType === 10)!;
    expect(tensor.dims).toEqual([4, 2, 1, 1]);
    const rows = [
      [1, 2],
      [4, 5],
      [6, 7],
      [9, 10],
    ];
    expect([...tensorArray(tensor).data]).toEqual(rows.flat().map((i) => half[i]));
  });
});

describe('declarations', () => {
  it('of weights among the inputs and of values inside follow the cut; inputs and outputs stay', async () => {
    const g = new GraphBuilder({ opset: 8, irVersion: 3 });
    const conv = convOn(g);
    g.output(conv(conv(g.input('x', [1, 3, 8, 8]), 3, 6, 'first'), 6, 4, 'head'), [1, 4, 8, 8]);
    const model = g.model();
    const info = { name: 'first_out', elemType: 1, shape: [1, 6, 8, 8].map((value) => ({ value })) };
    const declared = { ...model, graph: { ...model.graph, valueInfos: [info] } };
    const graph = await cut(declared, { first_out: [2] });
    const shapeOf = (list: Model['graph']['inputs'], name: string) =>
      list.find((entry) => entry.name === name)?.shape?.map(({ value }) => value);
    expect(shapeOf(graph.inputs, 'x')).toEqual([1, 3, 8, 8]);
    expect(shapeOf(graph.inputs, 'first.w')).toEqual([5, 3, 3, 3]);
    expect(shapeOf(graph.inputs, 'head.w')).toEqual([4, 5, 3, 3]);
    expect(shapeOf(graph.valueInfos, 'first_out')).toEqual([1, 5, 8, 8]);
    expect(graph.outputs).toEqual(model.graph.outputs);
  });
});
