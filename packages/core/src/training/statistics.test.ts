import { expect, it } from 'vitest';
import { plainChoices } from '../autodiff/convolution-choices.ts';
import { writeForward } from '../autodiff/differentiate.ts';
import { Emitter } from '../autodiff/emitter.ts';
import type { Normalization } from '../autodiff/gradient-rule.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { traceModel } from '../trace/trace.ts';
import { array, engine, noise, relativeError, run } from './run-model.case.ts';
import { findStatistics, readStatistics, writeStatistics } from './statistics.ts';

const DIMS = [3, 2, 2, 2];
const x = noise(DIMS, 1);

/** Two normalizations, the second of the first one's squares; what their running statistics begin with. */
async function prepare(normalization: Normalization) {
  const g = new GraphBuilder();
  const pair = (name: string, ...data: number[]): string => g.constant({ dims: [2], data }, name);
  const norm = (value: string, name: string, start: number): string =>
    g.node('BatchNormalization', [
      value,
      pair(`${name}.scale`, 1, 2),
      pair(`${name}.bias`, 0, 1),
      pair(`${name}.mean`, start, -start),
      pair(`${name}.variance`, 1, 4),
    ]);
  const first = norm(g.input('x', DIMS), 'first', 0.5);
  const second = norm(g.node('Mul', [first, first]), 'second', 2);
  g.output(second);
  const traced = await traceModel(g.model(), engine);
  const graph = new GraphBuilder();
  graph.reserve(traced.nodes.flatMap((node) => node.outputs));
  const emit = new Emitter(graph, { opset: 17 });
  const given = new Map([['x', graph.input('x', DIMS)]]);
  const forward = writeForward({
    traced,
    emit,
    choices: plainChoices,
    targets: [second],
    given,
    normalization,
  });
  return { traced, graph, emit, forward };
}

/** Mean and unbiased variance per channel. */
function momentsOf(data: Float32Array): readonly number[] {
  const channels = [0, 1].map((c) => [...data].filter((_, i) => Math.floor(i / 4) % 2 === c));
  const means = channels.map((own) => own.reduce((a, b) => a + b) / own.length);
  const variances = channels.map(
    (own, c) => own.reduce((sum, each) => sum + (each - means[c]!) ** 2, 0) / (own.length - 1),
  );
  return [...means, ...variances];
}

it('moves a tenth of the way to the mean and the unbiased variance of the batch', async () => {
  const { traced, graph, emit, forward } = await prepare('batch');
  const statistics = findStatistics(forward);
  expect(statistics.map(({ value, offset, size }) => [value, offset, size])).toEqual([
    ['first.mean', 0, 2],
    ['first.variance', 2, 2],
    ['second.mean', 4, 2],
    ['second.variance', 6, 2],
  ]);
  const start = readStatistics(traced, statistics);
  expect([...start]).toEqual([0.5, -0.5, 1, 4, 2, -2, 1, 4]);

  graph.output(writeStatistics(emit, forward, graph.input('running', [8])));
  const [between] = forward.nodes.map((index) => forward.values.get(traced.nodes[index]!.outputs[0]!)!);
  graph.output(between!);
  const outputs = await run(graph.model(), { x, running: array([8], start) });
  const squares = outputs[between!]!.map((each) => each * each);
  const batch = [...momentsOf(x.data as Float32Array), ...momentsOf(squares)];
  const [next] = Object.entries(outputs).flatMap(([name, value]) => (name === between ? [] : [value]));
  expect(
    relativeError(
      next!,
      batch.map((each, i) => 0.9 * start[i]! + 0.1 * each),
    ),
  ).toBeLessThan(1e-5);
});

it('finds none where normalizations use what they hold', async () => {
  expect(findStatistics((await prepare('running')).forward)).toEqual([]);
});
