import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { Model } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { float32ToFloat16, tensorArray, toFloat32 } from '../onnx/tensor.ts';
import { replaceConstants } from './replace-constants.ts';

const ones: NdArray = { type: 'float32', dims: [2, 2], data: new Float32Array(4).fill(1) };
const matrix = { dims: [2, 2], data: [1, 2, 3, 4] };

/** Numbers and types of all initializers by name. */
function contents({ graph }: Model) {
  return Object.fromEntries(
    graph.initializers.map((tensor) => {
      const array = tensorArray(tensor);
      return [tensor.name, [array.type, ...toFloat32(array)]];
    }),
  );
}

describe('replaceConstants', () => {
  it('replaces in place what nobody else reads', () => {
    const g = new GraphBuilder();
    g.output(g.node('MatMul', [g.input('x', [2, 2]), g.constant(matrix, 'w')], {}, 'a'));
    const before = g.model();
    const after = replaceConstants(before, [{ node: 'a_out', input: 1, array: ones }]);
    expect(contents(after)).toEqual({ w: ['float32', 1, 1, 1, 1] });
    expect(after.graph.nodes).toEqual(before.graph.nodes);
    expect(contents(before)).toEqual({ w: ['float32', 1, 2, 3, 4] });
  });

  it('keeps half precision behind a Cast', () => {
    const g = new GraphBuilder();
    const half = {
      type: 'float16',
      dims: [2, 2],
      data: float32ToFloat16(Float32Array.of(1, 2, 3, 4)),
    } as const;
    const cast = g.node('Cast', [g.constant(half, 'w')], { to: 1 });
    g.output(g.node('MatMul', [g.input('x', [2, 2]), cast], {}, 'a'));
    const after = replaceConstants(g.model(), [{ node: 'a_out', input: 1, array: ones }]);
    expect(contents(after)).toEqual({ w: ['float16', 1, 1, 1, 1] });
    expect(after.graph.nodes.map((node) => node.opType)).toEqual(['Cast', 'MatMul']);
  });

  it('leaves a shared constant to its other readers', () => {
    const g = new GraphBuilder();
    const w = g.constant(matrix, 'w');
    g.output(g.node('MatMul', [g.node('MatMul', [g.input('x', [2, 2]), w], {}, 'a'), w], {}, 'b'));
    const after = replaceConstants(g.model(), [{ node: 'b_out', input: 1, array: ones }]);
    expect(contents(after)).toEqual({ w: ['float32', 1, 2, 3, 4], b_out__weight: ['float32', 1, 1, 1, 1] });
    expect(after.graph.nodes.map((node) => node.inputs[1])).toEqual(['w', 'b_out__weight']);
  });

  it('gives an input that is missing a constant of its own, and drops computed ones that nothing reads any more', () => {
    const g = new GraphBuilder();
    const computed = g.node('Add', [g.constant(matrix, 'w'), g.constant(matrix, 'v')]);
    g.output(g.node('Gemm', [g.input('x', [2, 2]), computed], {}, 'a'));
    const bias: NdArray = { type: 'float32', dims: [2], data: Float32Array.of(5, 6) };
    const after = replaceConstants(g.model(), [
      { node: 'a_out', input: 1, array: ones },
      { node: 'a_out', input: 2, array: bias },
    ]);
    expect(contents(after)).toEqual({
      a_out__weight: ['float32', 1, 1, 1, 1],
      a_out__in2: ['float32', 5, 6],
    });
    expect(after.graph.nodes.map((node) => node.inputs)).toEqual([['x', 'a_out__weight', 'a_out__in2']]);
  });
});
