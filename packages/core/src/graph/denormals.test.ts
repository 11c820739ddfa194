import { expect, it } from 'vitest';
import { GraphBuilder } from './builder.ts';
import { findDenormals } from './denormals.ts';

const smallestNormal = 2 ** -126;

it('counts float32 denormals of either sign, but no zeros and no smallest normal number', () => {
  const g = new GraphBuilder();
  g.constant({ dims: [6], data: [0, -0, smallestNormal, -smallestNormal / 2, 2 ** -149, 1] }, 'w');
  g.constant({ dims: [2], data: [0, 1] }, 'clean');
  expect(findDenormals(g.model())).toEqual([{ tensor: 'w', count: 2, total: 6 }]);
});

it('counts float16 denormals by their bits', () => {
  const g = new GraphBuilder();
  const data = Uint16Array.of(0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x7c00);
  g.constant({ type: 'float16', dims: [6], data }, 'half');
  expect(findDenormals(g.model())).toEqual([{ tensor: 'half', count: 2, total: 6 }]);
});

it('looks into Constant nodes, also those of subgraphs, and passes over integers', () => {
  const tiny = { dims: [1], data: [2 ** -140] };
  const g = new GraphBuilder();
  g.node(
    'Constant',
    [],
    { value: { type: 'float32', dims: [1], data: Float32Array.from(tiny.data) } },
    'outer',
  );
  const branch = g.subgraph('branch', (body) => body.output(body.constant(tiny, 'inner')));
  g.node('If', [g.input('condition', [], 'bool')], { then_branch: branch, else_branch: branch }, 'choice');
  g.integers([1, 2], 'counts');
  expect(findDenormals(g.model()).map((weight) => weight.tensor)).toEqual(['outer_out', 'inner', 'inner']);
});

it('does not look at weights outside the model', () => {
  const model = new GraphBuilder().model();
  const outside = { name: 'far', dims: [4], dataType: 1, external: { location: 'weights.bin', offset: 0 } };
  expect(findDenormals({ ...model, graph: { ...model.graph, initializers: [outside] } })).toEqual([]);
});
