import { describe, expect, it } from 'vitest';
import { keepAll } from '../coupling/survivors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import { tensorArray } from '../onnx/tensor.ts';
import { analyse, convOn, dropChannels, engine, residualNet } from '../plan/analysed-net.case.ts';
import { listCuts } from '../plan/cuts.ts';
import { verifyCut } from '../verify/verify-cut.ts';
import { cutModel } from './cut-model.ts';

/** Cuts and proves; returns both graphs. */
async function cut(model: Model, dropped: Readonly<Record<string, readonly number[]>>) {
  const { traced, coupling } = await analyse(model);
  const keep = dropChannels(traced, coupling, dropped);
  const pruned = await cutModel(traced, coupling, keep, engine);
  const proof = await verifyCut(traced, coupling, keep, listCuts(traced, coupling, keep), pruned, engine);
  expect(proof).toMatchObject({ verdict: 'proven', runs: traced.sizes.length });
  return { before: traced.graph, after: pruned.graph };
}

const operators = ({ nodes }: Model['graph']): readonly string[] => nodes.map(({ opType }) => opType);

/** Contents of an integer constant that a node reads. */
function operand(graph: Model['graph'], opType: string, input: number): readonly number[] {
  const name = graph.nodes.find((node) => node.opType === opType)!.inputs[input]!;
  return Array.from(tensorArray(graph.initializers.find((tensor) => tensor.name === name)!).data, Number);
}

/** first 8 → whatever `between` adds → head 4. */
function around(
  between: (g: GraphBuilder, first: string) => readonly [value: string, channels: number],
  batch: number | string = 1,
) {
  const g = new GraphBuilder();
  const conv = convOn(g);
  const [value, channels] = between(g, conv(g.input('x', [batch, 3, 8, 8]), 3, 8, 'first'));
  g.output(conv(value, channels, 4, 'head'), [batch, 4, 8, 8]);
  return g.model();
}

describe('cutModel', () => {
  it('returns the very model when everything stays', async () => {
    const model = residualNet();
    const { traced, coupling } = await analyse(model);
    expect(await cutModel(traced, coupling, keepAll(coupling), engine)).toBe(model);
  });

  it('touches weights only: nodes, names, inputs and outputs are the same', async () => {
    const { before, after } = await cut(residualNet(), { first_out: [2, 3], second_out: [7] });
    expect(after.nodes.every((node, i) => node === before.nodes[i])).toBe(true);
    expect(after.inputs).toEqual(before.inputs);
    expect(after.outputs).toBe(before.outputs);
    expect(after.initializers.map(({ name }) => name)).toEqual(before.initializers.map(({ name }) => name));
    expect(Object.fromEntries(after.initializers.map(({ name, dims }) => [name, dims]))).toEqual({
      'first.w': [6, 3, 3, 3],
      'first.b': [6],
      'second.w': [11, 6, 3, 3],
      'second.b': [11],
      'third.w': [11, 6, 3, 3],
      'third.b': [11],
      'head.w': [4, 11, 3, 3],
      'head.b': [4],
    });
  });

  it('shares what it does not cut with the original', async () => {
    const { before, after } = await cut(residualNet(), { first_out: [2] });
    const find = (graph: Model['graph'], name: string) =>
      graph.initializers.find((tensor) => tensor.name === name);
    expect(find(after, 'head.w')).toBe(find(before, 'head.w'));
    expect(find(after, 'first.w')).not.toBe(find(before, 'first.w'));
  });

  it('replaces a shuffle that a cut leaves ragged by one Gather', async () => {
    const model = around((g, first) => {
      const rows = g.node('Reshape', [first, g.integers([1, 2, 4, 8, 8])]);
      const turned = g.node('Transpose', [rows], { perm: [0, 2, 1, 3, 4] });
      return [g.node('Reshape', [turned, g.integers([1, 8, 8, 8])], {}, 'shuffled'), 8];
    });
    // The shuffle puts 0 4 1 5 2 6 3 7 behind one another; without 1, 4 and 7 that is 0 5 2 6 3, or 0 3 1 4 2 among the survivors.
    const { after } = await cut(model, { first_out: [1, 4, 7] });
    expect(operators(after)).toEqual(['Conv', 'Gather', 'Conv']);
    expect(operand(after, 'Gather', 1)).toEqual([0, 3, 1, 4, 2]);
    expect(after.nodes[1]!.outputs).toEqual(['shuffled_out']);
  });

  it('does not cut through a shuffle that pads on the way: no Gather does that', async () => {
    const model = around((g, first) => {
      const rows = g.node('Reshape', [first, g.integers([1, 2, 4, 8, 8])]);
      const turned = g.node('Transpose', [rows], { perm: [0, 2, 1, 3, 4] });
      const padded = g.node('Pad', [turned, g.integers([0, 0, 1, 0, 0, 0, 0, 0, 0, 0])]);
      return [g.node('Reshape', [padded, g.integers([1, 12, 8, 8])]), 12];
    });
    const { coupling } = await analyse(model);
    expect(coupling.groups.filter(({ frozen }) => !frozen)).toEqual([]);
    expect(coupling.reasons.map(({ opType, text }) => `${opType} ${text}`)).toContain(
      'Reshape moves channels in a way that is not followed',
    );
  });

  it('rewrites the sizes of Split, and makes implicit ones explicit', async () => {
    const model = around((g, first) => {
      const [a, b] = g.nodes('Split', [first], { axis: 1 }, 2) as [string, string];
      return [g.node('Concat', [g.node('Relu', [b]), a], { axis: 1 }), 8];
    });
    const { after } = await cut(model, { first_out: [0, 1, 6] });
    expect(operand(after, 'Split', 1)).toEqual([2, 3]);
  });

  it('keeps computed shapes computed: a view of c·h·w runs at any batch size', async () => {
    const model = around((g, first) => {
      const shape = g.node('Shape', [first]);
      const dim = (axis: number): string => g.node('Gather', [shape, g.integers([axis])], { axis: 0 });
      const area = g.node('Mul', [dim(2), dim(3)]);
      const view = g.node('Concat', [dim(0), g.integers([8]), area], { axis: 0 });
      const flat = g.node('Relu', [g.node('Reshape', [first, view])]);
      return [g.node('Reshape', [flat, g.node('Concat', [dim(0), g.integers([8, 8, 8])], { axis: 0 })]), 8];
    }, 'N');
    const { after } = await cut(model, { first_out: [3, 5] });
    expect(operators(after).filter((name) => name === 'Shape')).toHaveLength(1);
  });

  it('leaves a count that is used as data as it was', async () => {
    const model = around((g, first) => {
      const shape = g.node('Cast', [g.node('Shape', [first])], { to: 1 });
      const count = g.node('Gather', [shape, g.integers([1])], { axis: 0 });
      return [g.node('Div', [first, count]), 8];
    });
    await cut(model, { first_out: [0, 1, 2, 3] });
  });

  it('drops what nothing reads any more', async () => {
    const model = around((g, first) => {
      g.node('Relu', [first], {}, 'unread');
      return [first, 8];
    });
    const { after } = await cut(model, { first_out: [0] });
    expect(operators(after)).toEqual(['Conv', 'Conv']);
  });
});
