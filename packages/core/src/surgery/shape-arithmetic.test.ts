import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { Node } from '../onnx/model.ts';
import { analyse, engine } from '../plan/analysed-net.case.ts';
import { evaluateShapes, patchShape } from './shape-arithmetic.ts';

type Lists = readonly (readonly number[])[];

/** Patches and evaluates the patch as ONNX integers would: Mul, then Div, then Add. */
function patch(
  now: Lists,
  wanted: Lists,
): { readonly result: Lists; readonly steps: readonly string[] } | undefined {
  const constants = new Map<string, readonly number[]>();
  const constant = (values: readonly number[]): string => {
    const name = `c${constants.size}`;
    constants.set(name, values);
    return name;
  };
  const nodes = patchShape('shape', 'patched', now, wanted, constant);
  if (!nodes) return undefined;
  const apply = (list: readonly number[], node: Node): readonly number[] => {
    const operand = constants.get(node.inputs[1]!)!;
    if (node.opType === 'Mul') return list.map((value, i) => value * operand[i]!);
    if (node.opType === 'Div') return list.map((value, i) => Math.trunc(value / operand[i]!));
    return list.map((value, i) => value + operand[i]!);
  };
  expect(nodes[0]!.inputs[0]).toBe('shape');
  expect(nodes.at(-1)!.outputs).toEqual(['patched']);
  for (const [i, node] of nodes.entries()) if (i > 0) expect(node.inputs[0]).toBe(nodes[i - 1]!.outputs[0]);
  return {
    result: now.map((list) => nodes.reduce(apply, list)),
    steps: nodes.map(({ opType, inputs }) => `${opType} ${constants.get(inputs[1]!)}`),
  };
}

describe('patchShape', () => {
  it('scales elements that grow with the size, and leaves the right ones alone', () => {
    // view(n, c·h·w) with c cut from 16 to 12
    expect(
      patch(
        [
          [1, 1024],
          [2, 4096],
        ],
        [
          [1, 768],
          [2, 3072],
        ],
      ),
    ).toEqual({
      result: [
        [1, 768],
        [2, 3072],
      ],
      steps: ['Mul 1,3', 'Div 1,4'],
    });
  });

  it('moves elements that differ by the same amount', () => {
    expect(
      patch(
        [
          [0, 7],
          [0, 9],
        ],
        [
          [0, 4],
          [0, 6],
        ],
      )?.steps,
    ).toEqual(['Add 0,-3']);
  });

  it('does both at once, element by element', () => {
    const wanted = [
      [4, 5],
      [8, 7],
    ];
    expect(
      patch(
        [
          [8, 7],
          [16, 9],
        ],
        wanted,
      ),
    ).toEqual({ result: wanted, steps: ['Div 2,1', 'Add 0,-2'] });
  });

  it('turns a number into zero and a zero into a number', () => {
    expect(patch([[6]], [[0]])?.result).toEqual([[0]]);
    expect(patch([[0]], [[6]])?.result).toEqual([[6]]);
  });

  it('gives up where no such factors fit all sizes', () => {
    expect(patch([[8], [16]], [[4], [9]])).toBeUndefined();
    expect(patch([[8, 1]], [[8]])).toBeUndefined();
  });

  it('is right at every size whenever it answers', () => {
    const lists = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 2 }))
      .chain(([count, sizes]) => {
        const list = fc.array(fc.integer({ min: -1, max: 64 }), { minLength: count, maxLength: count });
        const all = fc.array(list, { minLength: sizes, maxLength: sizes });
        return fc.tuple(all, all);
      });
    fc.assert(
      fc.property(lists, ([now, wanted]) => {
        fc.pre(JSON.stringify(now) !== JSON.stringify(wanted));
        const patched = patch(now, wanted);
        if (now.length === 1) expect(patched).toBeDefined();
        if (patched) expect(patched.result).toEqual(wanted);
      }),
    );
  });
});

describe('evaluateShapes', () => {
  /** x [N, 3, 8, 8] → conv 4 → view(n, c·h·w). */
  async function viewNet() {
    const g = new GraphBuilder();
    const weight = g.constant({ dims: [4, 3, 1, 1], data: new Float32Array(12).fill(1) });
    const y = g.node('Conv', [g.input('x', ['N', 3, 8, 8]), weight], {}, 'conv');
    const shape = g.node('Shape', [y], {}, 'shape');
    const dim = (axis: number): string => g.node('Gather', [shape, g.integers([axis])], { axis: 0 });
    const rest = g.node('Mul', [g.node('Mul', [dim(1), dim(2)]), dim(3)], {}, 'rest');
    const view = g.node('Concat', [dim(0), rest], { axis: 0 }, 'view');
    g.output(g.node('Reshape', [y, view]));
    return analyse(g.model());
  }

  it('computes the arithmetic again with other dims, at every traced size, without running the model', async () => {
    const { traced } = await viewNet();
    expect(traced.sizes).toHaveLength(2);
    const cut = (value: string, size: number) => traced.shapeOf(value, size)!.with(1, 3);
    const contents = await evaluateShapes(traced, ['view_out', 'rest_out', 'shape_out'], cut, engine);
    const batches = traced.sizes.map((size) => size.x![0]!);
    expect(batches[0]).not.toBe(batches[1]);
    expect(contents.map((map) => Object.fromEntries(map))).toEqual(
      batches.map((n) => ({ shape_out: [n, 3, 8, 8], rest_out: [192], view_out: [n, 192] })),
    );
  });

  it('asks the engine for nothing when nothing is computed', async () => {
    const { traced } = await viewNet();
    const refuse = { ...engine, load: () => Promise.reject(new Error('loaded')) };
    const shapeOf = (value: string, size: number) => traced.shapeOf(value, size)!;
    expect(await evaluateShapes(traced, [], shapeOf, refuse)).toEqual([new Map(), new Map()]);
    const [first] = await evaluateShapes(traced, ['shape_out'], shapeOf, refuse);
    expect(first?.get('shape_out')).toEqual(traced.contentOf('shape_out'));
    await expect(evaluateShapes(traced, ['view_out'], shapeOf, refuse)).rejects.toThrow('loaded');
  });
});
