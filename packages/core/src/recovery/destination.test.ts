import { expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { nodeId } from '../graph/traced-model.ts';
import { analyse, convOn, drawWeights, residualNet } from '../plan/analysed-net.case.ts';
import { findDestination } from './destination.ts';
import { linearLayerOf } from './matched-layers.ts';

const dims = [1, 3, 8, 8];
const clamped = { low: 0, high: Number.POSITIVE_INFINITY };

async function destinationOf(model: ReturnType<typeof residualNet>, name: string) {
  const { traced } = await analyse(model);
  const index = traced.nodes.findIndex((node) => nodeId(node) === name);
  return findDestination(traced, index, linearLayerOf(traced, index)!);
}

/** x → a; the builder goes on from there. */
function netOf(write: (g: GraphBuilder, a: string, conv: ReturnType<typeof convOn>) => string) {
  const g = new GraphBuilder();
  const conv = convOn(g, drawWeights(1));
  g.output(write(g, conv(g.input('x', dims), 3, 4, 'a'), conv));
  return g.model();
}

const vectors = (g: GraphBuilder, scale: number): string[] =>
  [scale, 1, 0, 4].map((value) => g.constant({ dims: [4], data: new Float32Array(4).fill(value) }));
const norm = (g: GraphBuilder, value: string, scale = 2): string =>
  g.node('BatchNormalization', [value, ...vectors(g, scale)], { epsilon: 1e-9 }, 'norm');

it('is the last branch of a sum, not the first, up to the activation behind it', async () => {
  expect(await destinationOf(residualNet(), 'third_out')).toEqual({
    value: 'sum_out',
    shortcut: 'second_out',
    bounds: clamped,
  });
  expect(await destinationOf(residualNet(), 'second_out')).toEqual({ value: 'second_out' });
  expect(await destinationOf(residualNet(), 'head_out')).toEqual({ value: 'head_out' });
});

it('goes through BatchNormalization to an activation, but does not stop in it', async () => {
  const bounded = netOf((g, a, conv) => conv(g.node('Relu', [norm(g, a)]), 4, 2, 'b'));
  const found = await destinationOf(bounded, 'a_out');
  expect(found).toMatchObject({ value: 'norm_out', bounds: clamped });
  expect([found.line?.scale[0], found.line?.shift[0]].map((value) => value?.toFixed(6))).toEqual([
    '1.000000',
    '1.000000',
  ]);
  const open = netOf((g, a, conv) => conv(norm(g, a), 4, 2, 'b'));
  expect(await destinationOf(open, 'a_out')).toEqual({ value: 'a_out' });
  const silent = netOf((g, a, conv) => conv(g.node('Relu', [norm(g, a, 0)]), 4, 2, 'b'));
  expect(await destinationOf(silent, 'a_out')).toEqual({ value: 'a_out' });
});

it('knows both limits of a Clip, and needs all readers to agree', async () => {
  const clip = (g: GraphBuilder, a: string, high: number): string =>
    g.node('Clip', [a, g.scalar(0), g.scalar(high)]);
  const relu6 = netOf((g, a, conv) => conv(clip(g, a, 6), 4, 2, 'b'));
  expect(await destinationOf(relu6, 'a_out')).toEqual({ value: 'a_out', bounds: { low: 0, high: 6 } });
  const mixed = netOf((g, a) => g.node('Concat', [clip(g, a, 6), clip(g, a, 5)], { axis: 1 }));
  expect(await destinationOf(mixed, 'a_out')).toEqual({ value: 'a_out' });
  const exposed = netOf((g, a) => {
    g.output(a);
    return g.node('Relu', [a]);
  });
  expect(await destinationOf(exposed, 'a_out')).toEqual({ value: 'a_out' });
});

it('takes no sum that broadcasts or adds a value to itself', async () => {
  const broadcast = netOf((g, a) => g.node('Add', [a, g.node('GlobalAveragePool', [a])]));
  expect(await destinationOf(broadcast, 'a_out')).toEqual({ value: 'a_out' });
  const twice = netOf((g, a) => g.node('Add', [a, a]));
  expect(await destinationOf(twice, 'a_out')).toEqual({ value: 'a_out' });
});
