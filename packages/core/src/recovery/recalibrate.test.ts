import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { convOn, drawWeights, residualNet } from '../plan/analysed-net.case.ts';
import { channelStatistics } from './channel-statistics.ts';
import { recalibrate } from './recalibrate.ts';
import { cutTask } from './recovery.case.ts';
import type { Recovery, RecoveryTask } from './recovery.ts';

const dims = [1, 3, 8, 8];

async function finish(task: RecoveryTask): Promise<Recovery> {
  const work = recalibrate(task);
  let step = await work.next();
  while (!step.done) step = await work.next();
  return step.value;
}

/** Statistics of a value of the model over the task's own feeds. */
async function statisticsOf({ feeds, engine }: RecoveryTask, model: Recovery['model'], name: string) {
  const session = await engine.load({ ...model, graph: { ...model.graph, outputs: [{ name }] } });
  const values = [];
  for (const feed of feeds) values.push((await session.run(feed))[name]!);
  await session.close();
  return channelStatistics(values, 1);
}

function expectClose(found: Float64Array, wanted: Float64Array): void {
  expect(found.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 3);
}

describe('recalibrate', () => {
  it('gives every layer behind a cut the mean and variance of the original', async () => {
    const task = await cutTask(residualNet(), { first_out: [1, 6], second_out: [0, 4, 5] }, dims);
    const { model, layers } = await finish(task);
    expect(layers.map(({ node }) => node)).toEqual(['second_out', 'third_out', 'head_out']);
    for (const { errorBefore, errorAfter } of layers) {
      expect(errorBefore).toBeGreaterThan(1e-3);
      expect(errorAfter).toBeLessThan(1e-9);
    }
    for (const name of ['head_out', 'second_out']) {
      const kept = name === 'second_out' ? [1, 2, 3, 6, 7, 8, 9, 10, 11] : [0, 1, 2, 3];
      const found = await statisticsOf(task, model, name);
      const wanted = await statisticsOf(task, task.original.model, name);
      expectClose(
        found.mean,
        Float64Array.from(kept, (c) => wanted.mean[c]!),
      );
      expectClose(
        found.variance,
        Float64Array.from(kept, (c) => wanted.variance[c]!),
      );
    }
  });

  it('adds a bias where there was none, and only shifts a channel that does not vary', async () => {
    const g = new GraphBuilder();
    const draw = drawWeights(6);
    const first = convOn(g, draw)(g.input('x', dims), 3, 6, 'first');
    const weight = draw(4, 6, 1, 1);
    weight.data.fill(0, 0, 6);
    g.output(g.node('Conv', [g.node('Relu', [first]), g.constant(weight)], {}, 'head'));
    const task = await cutTask(g.model(), { first_out: [0, 1] }, dims);
    const { model } = await finish(task);
    expect(model.graph.nodes.at(-1)!.inputs.length).toBe(3);
    const found = await statisticsOf(task, model, 'head_out');
    const wanted = await statisticsOf(task, task.original.model, 'head_out');
    expectClose(found.mean, wanted.mean);
    expectClose(found.variance, wanted.variance);
    expect(found.variance[0]).toBe(0);
  });

  it('re-estimates BatchNormalization where there is one, and leaves the layer before it', async () => {
    const g = new GraphBuilder();
    const draw = drawWeights(8);
    const conv = convOn(g, draw);
    const first = g.node('Relu', [conv(g.input('x', dims), 3, 6, 'first')]);
    const inner = conv(first, 6, 5, 'inner');
    const vectors = ['scale', 'shift', 'mean'].map((name) => g.constant(draw(5), name));
    const variance = g.constant({ dims: [5], data: new Float32Array(5).fill(2) }, 'variance');
    g.output(g.node('BatchNormalization', [inner, ...vectors, variance], {}, 'norm'));
    const task = await cutTask(g.model(), { first_out: [0, 1, 2] }, dims);
    const { model, layers } = await finish(task);
    expect(layers).toMatchObject([{ node: 'norm_out', opType: 'BatchNormalization', errorAfter: 0 }]);
    const inside = await statisticsOf(task, model, 'inner_out');
    const outside = await statisticsOf(task, model, 'norm_out');
    const stored = (name: string): Float32Array => {
      const { raw } = model.graph.initializers.find((tensor) => tensor.name === name)!;
      return new Float32Array(raw!.slice().buffer);
    };
    expectClose(Float64Array.from(stored('mean')), inside.mean);
    expectClose(Float64Array.from(stored('variance')), inside.variance);
    expectClose(outside.mean, Float64Array.from(stored('shift')));
    expectClose(
      outside.variance,
      Float64Array.from(stored('scale'), (scale) => scale ** 2),
    );
  });

  it('passes over layers that cannot hold a bias, and says so', async () => {
    const g = new GraphBuilder();
    const draw = drawWeights(9);
    const conv = convOn(g, draw);
    const first = conv(g.input('x', dims), 3, 6, 'first');
    const tokens = g.node('Transpose', [first], { perm: [0, 2, 3, 1] });
    g.output(g.node('MatMul', [tokens, g.constant(draw(6, 4))], {}, 'head'));
    const { layers, skipped } = await finish(await cutTask(g.model(), { first_out: [0] }, dims));
    expect(layers).toEqual([]);
    expect(skipped).toEqual([{ node: 'head_out', reason: 'MatMul has no place for a bias' }]);
  });
});
