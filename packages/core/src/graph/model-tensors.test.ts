import { expect, it } from 'vitest';
import type { Tensor } from '../onnx/model.ts';
import { makeTensor } from '../onnx/tensor.ts';
import { GraphBuilder } from './builder.ts';
import { countTensorBytes, listTensors, mapTensors } from './model-tensors.ts';

const tiny = { type: 'float32', dims: [2], data: Float32Array.of(1, 2) } as const;

function nested() {
  const g = new GraphBuilder();
  g.constant({ dims: [2], data: [3, 4] }, 'weight');
  g.node('Constant', [], { value: tiny }, 'held');
  const branch = g.subgraph('branch', (body) => body.output(body.constant(tiny, 'inner')));
  g.node('If', [g.input('condition', [], 'bool')], { then_branch: branch, else_branch: branch }, 'choice');
  return g.model().graph;
}

it('lists initializers, tensors of nodes and those of subgraphs', () => {
  expect(listTensors(nested()).map(([name]) => name)).toEqual(['weight', 'held_out', 'inner', 'inner']);
});

it('replaces tensors wherever they stand and keeps what holds none that changed', () => {
  const graph = nested();
  const swap = (name: string) => (tensor: Tensor) =>
    tensor.name === name ? makeTensor(name, { ...tiny, data: Float32Array.of(5, 6) }) : tensor;
  expect(mapTensors(graph, swap('nothing'))).toBe(graph);
  const changed = mapTensors(graph, swap('inner'));
  const values = listTensors(changed).map(([, { raw }]) => new Float32Array(raw!.slice().buffer)[0]);
  expect(values).toEqual([3, 1, 5, 5]);
  expect(changed.initializers).toBe(graph.initializers);
  expect(changed.nodes[0]).toBe(graph.nodes[0]);
});

it('weighs elements as wide as their types, whatever field holds them', () => {
  const { initializers, ...graph } = nested();
  const typed = { name: 'half', dims: [3], dataType: 10, int32Data: Int32Array.of(1, 2, 3) };
  const far = { name: 'far', dims: [5], dataType: 1, external: { location: 'f', offset: 0, length: 20 } };
  expect(countTensorBytes({ ...graph, initializers: [...initializers, typed, far] })).toBe(4 * 8 + 6 + 20);
});
