import { expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { analyse } from '../plan/analysed-net.case.ts';
import { memoryNeed, peakActivationBytes } from './peak-memory.ts';

const peakOf = async (g: GraphBuilder): Promise<number> =>
  peakActivationBytes((await analyse(g.model())).traced);

it('adds up what is alive at the same time, results to the end', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', [1, 2]);
  const a = g.node('Mul', [x, g.constant({ dims: [1], data: [2] })], {}, 'a');
  const b = g.node('Add', [a, x], {}, 'b');
  g.output(g.node('Mul', [b, g.constant({ dims: [1], data: [10] })], {}, 'c'));
  g.output(g.node('Add', [a, g.constant({ dims: [1], data: [1] })], {}, 'd'));
  // x, a and b meet; later a, b and c, and at the end a, c and d.
  expect(await peakOf(g)).toBe(3 * 8);
});

it('lets go of what nothing reads any more: a chain needs two neighbours, a shortcut one more', async () => {
  const chain = new GraphBuilder();
  chain.output(
    ['a', 'b', 'c', 'd'].reduce((x, name) => chain.node('Relu', [x], {}, name), chain.input('x', [1, 4])),
  );
  expect(await peakOf(chain)).toBe(2 * 16);

  const residual = new GraphBuilder();
  const x = residual.input('x', [1, 4]);
  const inner = ['a', 'b', 'c'].reduce((from, name) => residual.node('Relu', [from], {}, name), x);
  residual.output(residual.node('Add', [x, inner], {}, 'sum'));
  expect(await peakOf(residual)).toBe(3 * 16);
});

it('counts the widest place of a network, and its weights once however often they are read', async () => {
  const g = new GraphBuilder();
  const conv = (from: string, weight: string, name: string) =>
    g.node('Conv', [from, weight], { pads: [1, 1, 1, 1] }, name);
  const widen = g.constant({ dims: [8, 2, 3, 3], data: new Float32Array(144) });
  const same = g.constant({ dims: [8, 8, 3, 3], data: new Float32Array(576) });
  const wide = conv(conv(conv(g.input('x', [1, 2, 4, 4]), widen, 'a'), same, 'b'), same, 'c');
  g.output(g.node('GlobalAveragePool', [wide]));
  expect(memoryNeed((await analyse(g.model())).traced)).toEqual({
    weightBytes: 4 * (144 + 576),
    activationBytes: 4 * 2 * (8 * 4 * 4),
  });
});
