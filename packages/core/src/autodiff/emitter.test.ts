// The same operations at every opset: spelled differently, equal in what they compute.
import { createOrtEngine } from '@espalier/node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { Emitter } from './emitter.ts';

const engine = createOrtEngine();
const x: NdArray = { type: 'float32', dims: [1, 1, 2, 3], data: Float32Array.of(1, -2, 3, -4, 5, -6) };

/** What the written nodes make of `x`. */
async function compute(opset: number, write: (emit: Emitter, x: string) => string, contrib = false) {
  const graph = new GraphBuilder({ opset, domains: { 'com.microsoft': 1 } });
  graph.output(write(new Emitter(graph, { opset, contrib }), graph.input('x', x.dims)));
  const session = await engine.load(graph.model());
  const [result] = Object.values(await session.run({ x }));
  await session.close();
  return { dims: result!.dims, data: [...result!.data] };
}

describe.each([7, 9, 10, 11, 13, 18, 21])('opset %i', (opset) => {
  it('reduces', async () => {
    expect(await compute(opset, (e, v) => e.reduceSum(v, [3]))).toEqual({ dims: [1, 1, 2], data: [2, -5] });
    expect(await compute(opset, (e, v) => e.reduceMax(v, [2, 3], true))).toEqual({
      dims: [1, 1, 1, 1],
      data: [5],
    });
  });

  it('slices, also in steps', async () => {
    const piece = await compute(opset, (e, v) => e.slice(v, [2, 3], [1, 0], [2, 2]));
    expect(piece).toEqual({ dims: [1, 1, 1, 2], data: [-4, 5] });
    const stepped = await compute(opset, (e, v) => e.slice(v, [3], [0], [3], [2]));
    expect(stepped).toEqual({ dims: [1, 1, 2, 2], data: [1, 3, -4, -6] });
  });

  it('splits and joins', async () => {
    const swapped = await compute(opset, (e, v) => e.concat(e.split(v, [1, 2], 3).toReversed(), 3));
    expect(swapped.data).toEqual([-2, 3, 1, 5, -6, -4]);
  });

  it('splits into more pieces than one node may have outputs', async () => {
    const pieces = (e: Emitter, v: string): readonly string[] =>
      e.split(
        e.concat(Array(10).fill(v), 3),
        Array.from({ length: 15 }, () => 2),
        3,
      );
    const joined = await compute(opset, (e, v) => e.concat(pieces(e, v), 3));
    expect(joined.data).toEqual([
      ...Array(10).fill([1, -2, 3]).flat(),
      ...Array(10).fill([-4, 5, -6]).flat(),
    ]);
  });

  it('pads and crops', async () => {
    const padded = await compute(opset, (e, v) => e.pad(v, [0, 0, 0, 1, 0, 0, -1, 0]));
    expect(padded).toEqual({ dims: [1, 1, 1, 4], data: [0, 1, -2, 3] });
  });

  it('repeats elements', async () => {
    const large = await compute(opset, (e, v) => e.enlarge(v, [1, 1, 1, 2]));
    expect(large).toEqual({ dims: [1, 1, 2, 6], data: [1, 1, -2, -2, 3, 3, -4, -4, 5, 5, -6, -6] });
  });

  it('multiplies matrices', async () => {
    const rows = (e: Emitter, v: string): string => e.reshape(v, [2, 3]);
    const product = await compute(opset, (e, v) =>
      e.gemm(rows(e, v), rows(e, v), { transB: true, alpha: 2 }),
    );
    expect(product).toEqual({ dims: [2, 2], data: [28, -64, -64, 154] });
  });
});

it('tells the signs', async () => {
  const tiny = 1.2e-38;
  const data = Float32Array.of(0, -0, tiny, -tiny, 1e38, -1e38);
  const signs = (write: (emit: Emitter, v: string) => string) =>
    compute(17, (e, v) =>
      write(e, e.add(e.scale(v, 0), e.constant({ type: 'float32', dims: [1, 1, 2, 3], data }))),
    );
  expect((await signs((e, v) => e.positive(v))).data).toEqual([0, 0, 1, 0, 1, 0]);
  expect((await signs((e, v) => e.nonNegative(v))).data).toEqual([1, 1, 1, 0, 1, 0]);
});

it.each([false, true])("transposes operands of products (runtime's own operators: %s)", async (contrib) => {
  const squares = await compute(17, (e, v) => e.matmul(v, v, { transB: true, rank: 4 }), contrib);
  expect(squares).toEqual({ dims: [1, 1, 2, 2], data: [14, -32, -32, 77] });
  const outer = await compute(17, (e, v) => e.matmul(v, v, { transA: true, rank: 4 }), contrib);
  expect(outer.data).toEqual([17, -22, 27, -22, 29, -36, 27, -36, 45]);
});

it('sums down to a shape', async () => {
  expect(await compute(17, (e, v) => e.sumTo(v, [1, 1, 2, 3], [2, 1]))).toEqual({
    dims: [2, 1],
    data: [2, -5],
  });
  expect((await compute(17, (e, v) => e.sumTo(v, [1, 1, 2, 3], []))).data).toEqual([-3]);
});

it('keeps one constant per content', () => {
  const graph = new GraphBuilder();
  const emit = new Emitter(graph, { opset: 17 });
  expect(emit.scalar(2)).toBe(emit.scalar(2));
  expect(emit.integers([1, 2])).toBe(emit.integers([1, 2]));
  expect(graph.model().graph.initializers).toHaveLength(2);
});
