import { analyseCoupling, GraphBuilder, traceModel } from '@espalier/core';
import { createOrtEngine } from '@espalier/node';
import { expect, it } from 'vitest';
import { findMeetings } from './group-meetings.ts';

/** Meetings of the group that the first convolution `a` makes, by the operators they are in. */
async function meetingsOf(build: (g: GraphBuilder, conv: (from: string, name: string) => string) => string) {
  const g = new GraphBuilder();
  let seed = 0;
  const conv = (from: string, name: string): string => {
    const data = Float32Array.from({ length: 36 }, () => Math.sin(++seed));
    return g.node('Conv', [from, g.constant({ dims: [6, 6, 1, 1], data })], {}, name);
  };
  const end = conv(build(g, conv), 'end');
  g.output(end, [1, 6, 4, 4]);
  const traced = await traceModel(g.model(), createOrtEngine());
  const coupling = analyseCoupling(traced);
  const group = coupling.groups.find(({ root }) => traced.nodes[root]?.outputs[0] === 'a_out')!;
  return (findMeetings(traced, coupling).get(group.id) ?? []).map((node) => traced.nodes[node]!.opType);
}

it.each<[string, Parameters<typeof meetingsOf>[0], readonly string[]]>([
  [
    'a residual sum',
    (g, conv) => {
      const a = conv(g.input('x', [1, 6, 4, 4]), 'a');
      return g.node('Add', [a, conv(g.node('Relu', [a]), 'b')]);
    },
    ['Add'],
  ],
  [
    'sums of sums, but no second sum of the same makers',
    (g, conv) => {
      const a = conv(g.input('x', [1, 6, 4, 4]), 'a');
      const two = g.node('Add', [a, conv(a, 'b')]);
      return g.node('Max', [g.node('Mul', [two, g.node('Tanh', [two])]), conv(two, 'c')]);
    },
    ['Add', 'Max'],
  ],
  [
    'a gate of its own makes',
    (g, conv) => {
      const a = conv(g.input('x', [1, 6, 4, 4]), 'a');
      return g.node('Mul', [a, g.node('Sigmoid', [a])]);
    },
    [],
  ],
  [
    'a gate with weights',
    (g, conv) => {
      const a = conv(g.input('x', [1, 6, 4, 4]), 'a');
      return g.node('Mul', [a, g.node('Sigmoid', [conv(g.node('GlobalAveragePool', [a]), 'gate')])]);
    },
    ['Mul'],
  ],
  [
    'values that lie side by side, sum and summand, do not meet again',
    (g, conv) => {
      const a = conv(g.input('x', [1, 6, 4, 4]), 'a');
      const sum = g.node('Add', [a, conv(a, 'b')]);
      const joined = g.node('Concat', [a, sum], { axis: 1 });
      const data = new Float32Array(72).fill(1);
      return g.node('Conv', [joined, g.constant({ dims: [6, 12, 1, 1], data })], {}, 'after');
    },
    ['Add'],
  ],
])('%s', async (_, build, operators) => {
  expect(await meetingsOf(build)).toEqual(operators);
});
