import { describe, expect, it } from 'vitest';
import { keepAll } from '../coupling/survivors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { tensorArray } from '../onnx/tensor.ts';
import { analyse, dropChannels, residualNet } from '../plan/analysed-net.case.ts';
import { listCuts } from '../plan/cuts.ts';
import type { PlanCut } from '../plan/plan.ts';
import { zeroOriginal, zeroSlices } from './zeroed-original.ts';

const entry = (axis: number, indices: number[], within?: PlanCut['within']): PlanCut => ({
  node: 'n',
  input: 1,
  value: 'w',
  role: 'consume',
  axis,
  indices,
  ...(within && { within }),
});

describe('zeroSlices', () => {
  const ones = { type: 'float32', dims: [4, 3], data: new Float32Array(12).fill(1) } as const;

  it('zeroes positions along an axis, and leaves the original alone', () => {
    expect([...zeroSlices(ones, [entry(1, [0, 2])]).data]).toEqual([0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]);
    expect([...zeroSlices(ones, [entry(0, [3])]).data]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
    expect([...ones.data]).toEqual(new Array(12).fill(1));
  });

  it('takes several entries as a union, each within its own rows', () => {
    const entries = [entry(1, [0], { axis: 0, from: 0, to: 2 }), entry(1, [2], { axis: 0, from: 2, to: 4 })];
    expect([...zeroSlices(ones, entries).data]).toEqual([0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0]);
  });

  it('knows integers of every width', () => {
    const long = { type: 'int64', dims: [2], data: BigInt64Array.of(5n, 6n) } as const;
    expect([...zeroSlices(long, [entry(0, [1])]).data]).toEqual([5n, 0n]);
    const half = { type: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xbc00) } as const;
    expect([...zeroSlices(half, [entry(0, [1])]).data]).toEqual([0x3c00, 0]);
  });
});

describe('zeroOriginal', () => {
  it('changes nothing but what consumers read', async () => {
    const { traced, coupling } = await analyse(residualNet());
    const keep = dropChannels(traced, coupling, { first_out: [2] });
    const cuts = listCuts(traced, coupling, keep);
    const zeroed = zeroOriginal(traced, cuts).graph;
    const changed = zeroed.nodes.filter((node, i) => node !== traced.nodes[i]);
    expect(changed.map(({ name }) => name)).toEqual(['second', 'third']);
    expect(zeroed.initializers.slice(0, traced.graph.initializers.length)).toEqual(traced.graph.initializers);
    expect(zeroed.outputs).toBe(traced.graph.outputs);
    expect(zeroOriginal(traced, listCuts(traced, coupling, keepAll(coupling))).graph.nodes).toEqual(
      traced.nodes,
    );
  });

  it('gives each reader of a shared weight its own zeros', async () => {
    const g = new GraphBuilder();
    const weight = g.constant({ dims: [4, 4, 1, 1], data: new Float32Array(16).fill(1) }, 'shared');
    const a = g.node('Conv', [g.input('x', [1, 4, 2, 2]), weight], {}, 'a');
    g.output(g.node('Conv', [g.node('Relu', [a]), weight], {}, 'b'));
    const { traced, coupling } = await analyse(g.model());
    const zeroed = zeroOriginal(
      traced,
      listCuts(traced, coupling, dropChannels(traced, coupling, { a_out: [1] })),
    );
    const read = (name: string): readonly number[] => {
      const input = zeroed.graph.nodes.find((node) => node.name === name)!.inputs[1];
      return [...tensorArray(zeroed.graph.initializers.find((tensor) => tensor.name === input)!).data].map(
        Number,
      );
    };
    expect(read('a')).toEqual(new Array(16).fill(1));
    expect(read('b')).toEqual([1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1]);
  });

  it.each([
    ['another node', { node: 'nobody', input: 1, value: 'second.w' }],
    ['another input', { node: 'second_out', input: 2, value: 'second.w' }],
    ['another constant', { node: 'second_out', input: 1, value: 'third.w' }],
  ])('refuses a plan with %s', async (_, place) => {
    const { traced } = await analyse(residualNet());
    const cut: PlanCut = { ...place, role: 'consume', axis: 1, indices: [0] };
    expect(() => zeroOriginal(traced, [cut])).toThrow(
      expect.objectContaining({
        kind: 'model',
        code: 'plan.unknown-node',
        message: expect.stringContaining(place.node),
      }),
    );
  });
});
