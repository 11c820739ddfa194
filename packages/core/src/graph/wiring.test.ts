import { describe, expect, it } from 'vitest';
import { makeNode } from './attributes.ts';
import { GraphBuilder } from './builder.ts';
import { capturedValues, sortGraph, wire } from './wiring.ts';

/** An If whose branches read `a` of the graph around them, one of them from a body inside the body. */
function branching() {
  const g = new GraphBuilder();
  const [x, condition] = [g.input('x', [2]), g.input('condition', [], 'bool')];
  const a = g.node('Relu', [x], {}, 'a');
  const plain = (name: string) =>
    g.subgraph(name, (body) => body.output(body.node('Neg', [body.node('Abs', [a])])));
  const nested = g.subgraph('nested', (body) => {
    const inner = body.subgraph('inner', (deep) => deep.output(deep.node('Exp', [a])));
    const other = body.subgraph('other', (deep) => deep.output(deep.node('Log', [x])));
    body.output(body.node('If', [condition], { then_branch: inner, else_branch: other }));
  });
  g.output(g.node('If', [condition], { then_branch: plain('plain'), else_branch: nested }, 'choice'));
  return g.model().graph;
}

describe('capturedValues', () => {
  it('names what bodies read from outside, at any depth', () => {
    expect([...capturedValues(branching().nodes[1]!)].sort()).toEqual(['a_out', 'condition', 'x']);
  });
  it('is empty for a node without bodies', () => {
    expect(capturedValues(makeNode('Relu', ['x'], ['y']))).toEqual(new Set());
  });
});

describe('wire', () => {
  it('knows the producer and all readers, captures with slot −1', () => {
    const { producers, consumers } = wire(branching());
    expect(producers.get('a_out')).toEqual({ node: 0, slot: 0 });
    expect(consumers.get('a_out')).toEqual([{ node: 1, slot: -1 }]);
    expect(consumers.get('x')).toEqual([
      { node: 0, slot: 0 },
      { node: 1, slot: -1 },
    ]);
    expect(producers.has('x')).toBe(false);
  });
  it('skips omitted inputs and outputs', () => {
    const node = makeNode('LSTM', ['x', 'w', 'r', '', 'h'], ['', 'y']);
    const { producers, consumers } = wire({ ...branching(), nodes: [node] });
    expect([...producers]).toEqual([['y', { node: 0, slot: 1 }]]);
    expect([...consumers.keys()]).toEqual(['x', 'w', 'r', 'h']);
  });
});

describe('sortGraph', () => {
  const graphOf = (...nodes: ReturnType<typeof makeNode>[]) => ({ ...branching(), nodes });
  const [a, b, c] = [
    makeNode('A', ['x'], ['a']),
    makeNode('B', ['a'], ['b']),
    makeNode('C', ['a', 'b'], ['c']),
  ];

  it('leaves a sorted graph untouched', () => {
    const graph = graphOf(a!, b!, c!);
    expect(sortGraph(graph)).toBe(graph);
  });
  it('puts makers before readers, also before bodies that capture', () => {
    expect(sortGraph(graphOf(c!, b!, a!)).nodes).toEqual([a, b, c]);
    const { nodes } = branching();
    expect(sortGraph(graphOf(nodes[1]!, nodes[0]!)).nodes).toEqual(nodes);
  });
  it('names a node of a cycle', () => {
    const loop = makeNode('A', ['c'], ['a']);
    expect(() => sortGraph(graphOf(loop, b!, c!))).toThrow(
      expect.objectContaining({ code: 'model.cyclic', message: expect.stringMatching(/'[abc]'/) }),
    );
  });
  it('does not recurse: long chains are fine', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => makeNode('Relu', [`v${i}`], [`v${i + 1}`]));
    expect(sortGraph(graphOf(...chain.toReversed())).nodes).toEqual(chain);
  });
});
