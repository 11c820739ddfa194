// The proof must be able to fail: models that are wrong in every way a surgery can go wrong are caught, and silence is no proof.
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { makeTensor, tensorArray } from '../onnx/tensor.ts';
import {
  analyse,
  convOn,
  drawWeights,
  dropChannels,
  engine,
  residualNet,
} from '../plan/analysed-net.case.ts';
import { listCuts } from '../plan/cuts.ts';
import { cutModel } from '../surgery/cut-model.ts';
import { describeVerification, type VerifyOptions, verifyCut } from './verify-cut.ts';

type Dropped = Readonly<Record<string, readonly number[]>>;

/** Cuts `model`, lets `spoil` have the result, and verifies what is left. */
async function verify(
  model: Model,
  dropped: Dropped,
  spoil: (pruned: Model) => Model = (pruned) => pruned,
  options?: VerifyOptions,
) {
  const { traced, coupling } = await analyse(model);
  const keep = dropChannels(traced, coupling, dropped);
  const pruned = await cutModel(traced, coupling, keep, engine);
  return verifyCut(traced, coupling, keep, listCuts(traced, coupling, keep), spoil(pruned), engine, options);
}

/** The model with one initializer replaced. */
const withWeight =
  (name: string, change: (array: NdArray) => NdArray) =>
  (model: Model): Model => {
    expect(model.graph.initializers.some((tensor) => tensor.name === name)).toBe(true);
    const initializers = model.graph.initializers.map((tensor) =>
      tensor.name === name ? makeTensor(name, change(tensorArray(tensor))) : tensor,
    );
    return { ...model, graph: { ...model.graph, initializers } };
  };

const withNode =
  (name: string, change: (node: Model['graph']['nodes'][number]) => Model['graph']['nodes'][number]) =>
  (model: Model): Model => ({
    ...model,
    graph: {
      ...model.graph,
      nodes: model.graph.nodes.map((node) => (node.name === name ? change(node) : node)),
    },
  });

/** Swaps input channels 0 and 1 of a kernel. */
const swapColumns = (array: NdArray): NdArray => {
  const [rows, columns, ...kernel] = array.dims as [number, number, ...number[]];
  const area = kernel.reduce((a, b) => a * b, 1);
  const data = (array.data as Float32Array).slice();
  for (let row = 0; row < rows; row++) {
    const at = row * columns * area;
    const first = data.slice(at, at + area);
    data.copyWithin(at, at + area, at + 2 * area);
    data.set(first, at + area);
  }
  return { ...array, data };
};

const dropped: Dropped = { first_out: [1, 6], second_out: [0, 4, 5] };

describe('verifyCut', () => {
  it('proves a right cut: the output and every layer, on kept rows', async () => {
    const result = await verify(residualNet(), dropped);
    expect(result).toMatchObject({ verdict: 'proven', tolerance: 1e-4, runs: 1, unproven: [] });
    expect(result.deviation).toBeLessThan(1e-5);
    expect(result.checks.map(({ value, kind, rows }) => [value, kind, rows])).toEqual([
      ['first_out', 'layer', 6],
      ['second_out', 'layer', 9],
      ['third_out', 'layer', 9],
      ['head_out', 'output', 4],
    ]);
    expect(describeVerification(result)).toEqual([
      expect.stringMatching(/^proven: 1 output and 3 layers, 1 run, /),
    ]);
  });

  it.each<[string, (pruned: Model) => Model, string]>([
    ['two swapped columns', withWeight('third.w', swapColumns), 'third_out'],
    ['two swapped columns of the last layer', withWeight('head.w', swapColumns), 'head_out'],
    [
      'one bias of the wrong channel',
      withWeight('first.b', (array) => ({ ...array, data: (array.data as Float32Array).with(2, 0) })),
      'first_out',
    ],
    [
      'one wrong weight',
      withWeight('second.w', (array) => ({ ...array, data: (array.data as Float32Array).with(100, 1) })),
      'second_out',
    ],
    ['another geometry', withNode('third', (node) => ({ ...node, attributes: [] })), 'third_out'],
    [
      'a lost input',
      withNode('first', (node) => ({ ...node, inputs: node.inputs.slice(0, 2) })),
      'first_out',
    ],
  ])('catches %s and names the first node that differs', async (_, spoil, node) => {
    const result = await verify(twoOutputs(), dropped, spoil);
    expect(result.verdict).toBe('failed');
    expect(result.firstFailure).toMatchObject({ node, opType: 'Conv' });
    expect(describeVerification(result)[0]).toContain(`failed: Conv '${node}' is the first to differ`);
  });

  it('catches a kept channel that the plan says is gone, and the other way round', async () => {
    const { traced, coupling } = await analyse(residualNet());
    const keep = dropChannels(traced, coupling, { first_out: [1] });
    const other = dropChannels(traced, coupling, { first_out: [2] });
    const none = dropChannels(traced, coupling, {});
    const pruned = await cutModel(traced, coupling, keep, engine);
    const against = async (mask: Uint8Array) =>
      (await verifyCut(traced, coupling, mask, listCuts(traced, coupling, mask), pruned, engine))
        .firstFailure;
    expect(await against(other)).toMatchObject({ value: 'first_out' });
    expect(await against(none)).toMatchObject({
      value: 'first_out',
      problem: 'shape [1,7,8,8] instead of [1,8,8,8]',
    });
  });

  it('catches an output that lost its shape', async () => {
    const shorter = withWeight('head.b', (array) => ({ ...array, dims: [3], data: array.data.slice(0, 3) }));
    const narrower = withWeight('head.w', (array) => ({
      ...array,
      dims: array.dims.with(0, 3),
      data: array.data.slice(0, (array.data.length / 4) * 3),
    }));
    const undeclared = (model: Model): Model => ({
      ...model,
      graph: { ...model.graph, outputs: [{ name: 'head_out', elemType: 1 }] },
    });
    const result = await verify(residualNet(), dropped, (pruned) => undeclared(shorter(narrower(pruned))));
    expect(result.firstFailure).toMatchObject({
      value: 'head_out',
      kind: 'output',
      problem: 'shape [1,3,8,8] instead of [1,4,8,8]',
    });
  });

  it('is deterministic for a seed, and takes feeds beside the random inputs', async () => {
    const [a, b] = [await verify(residualNet(), dropped), await verify(residualNet(), dropped)];
    expect(a).toEqual(b);
    const x = { type: 'float32', dims: [1, 3, 8, 8], data: new Float32Array(192).fill(0.5) } as const;
    const fed = await verify(residualNet(), dropped, undefined, { feeds: [{ x }, { x }] });
    expect(fed).toMatchObject({ verdict: 'proven', runs: 3 });
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(verify(residualNet(), dropped, undefined, { signal })).rejects.toThrow('enough');
  });
});

describe('silence', () => {
  const silenced = (name: string, value: number): Model => {
    const fill = withWeight(`${name}.w`, (array) => ({
      ...array,
      data: (array.data as Float32Array).map(() => value),
    }));
    return fill(residualNet());
  };
  const withoutBias =
    (name: string) =>
    (model: Model): Model =>
      withWeight(`${name}.b`, (array) => ({ ...array, data: new Float32Array(array.data.length) }))(model);

  it.each([
    ['zero', withoutBias('head')(silenced('head', 0))],
    ['constant', silenced('head', 0)],
    ['NaN', silenced('head', Number.NaN)],
  ])('a %s output is not proven, and listed', async (_, model) => {
    const result = await verify(model, dropped);
    expect(result.verdict).toBe('not proven');
    expect(result.unproven).toEqual(['head_out: 4 of 4 rows']);
    expect(describeVerification(result).join()).toContain('head_out: 4 of 4 rows');
  });

  it('a dead layer is not proven though the output is', async () => {
    const result = await verify(withoutBias('third')(silenced('third', 0)), dropped);
    expect(result.verdict).toBe('not proven');
    expect(result.checks.find(({ value }) => value === 'head_out')?.verdict).toBe('proven');
    expect(result.unproven).toEqual(['third_out: 9 of 9 rows']);
  });

  it('one dead row among others is listed, and the rest proven', async () => {
    const kill = withWeight('first.w', (array) => ({
      ...array,
      data: (array.data as Float32Array).map((w, i) => (i < 27 ? 0 : w)),
    }));
    const result = await verify(kill(residualNet()), dropped);
    expect(result).toMatchObject({ verdict: 'proven', unproven: ['first_out: 1 of 6 rows'] });
  });

  it('a silent value fails when the cut makes it speak', async () => {
    const loud = withWeight('head.w', (array) => ({
      ...array,
      data: (array.data as Float32Array).map(() => 1),
    }));
    const result = await verify(withoutBias('head')(silenced('head', 0)), dropped, loud);
    expect(result.firstFailure).toMatchObject({ value: 'head_out' });
  });
});

describe('tolerances', () => {
  it('are wider where the model computes in half precision', async () => {
    const g = new GraphBuilder();
    const draw = drawWeights();
    const half = (name: string, ...dims: number[]): string =>
      g.constant({ type: 'float16', dims, data: toHalf(draw(...dims).data) }, name);
    const first = g.node('Conv', [g.input('x', [1, 3, 8, 8], 'float16'), half('a', 8, 3, 3, 3)], {}, 'first');
    g.output(g.node('Conv', [first, half('b', 4, 8, 3, 3)], {}, 'head'), [1, 4, 4, 4], 'float16');
    const result = await verify(g.model(), { first_out: [0, 3] });
    expect(result).toMatchObject({ verdict: 'proven', tolerance: 1e-2 });
  });

  it('can be set', async () => {
    expect(await verify(residualNet(), dropped, undefined, { tolerance: 1e-2 })).toMatchObject({
      tolerance: 1e-2,
    });
  });
});

/** x → first → second → head and first → third, both outputs: no sum forbids a layer to change its size. */
function twoOutputs(): Model {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const first = g.node('Relu', [conv(g.input('x', [1, 3, 8, 8]), 3, 8, 'first')]);
  const second = conv(first, 8, 12, 'second');
  const third = conv(first, 8, 4, 'third');
  g.output(conv(second, 12, 4, 'head'), [1, 4, 8, 8]);
  g.output(third);
  return g.model();
}

/** Powers of two only, which half precision holds exactly. */
function toHalf(values: Float32Array): Uint16Array {
  return Uint16Array.from(
    values,
    (value) => (value < 0 ? 0xb000 : 0x3000) + (Math.abs(value) > 0.2 ? 0x400 : 0),
  );
}
