import {
  createClassificationMetric,
  type Dataset,
  GraphBuilder,
  type Metric,
  type Sample,
  UNTOUCHED,
} from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { type EvaluationProgress, evaluateModels } from './evaluate-models.ts';
import { follow } from './events.ts';

/** One-hot rows labelled with their class, except that every third label is wrong. */
const samples: readonly Sample[] = Array.from({ length: 7 }, (_, i) => ({
  id: String(i),
  input: {
    kind: 'array',
    array: { type: 'float32', dims: [3], data: Float32Array.from([0, 1, 2], (c) => (c === i % 3 ? 1 : 0)) },
  },
  target: { kind: 'class', index: i % 3 === 0 ? 1 : i % 3 },
}));

const dataset: Dataset = {
  name: 'rows',
  kind: 'arrays',
  size: samples.length,
  description: 'seven rows',
  choice: 'the first',
  async *samples({ limit = samples.length } = {}) {
    yield* samples.slice(0, limit);
  },
  sampleAt: async (position) => samples[position]!,
};

const preprocess = UNTOUCHED;

async function open(operator: string, batch: number | string = 'N') {
  const g = new GraphBuilder();
  g.output(g.node(operator, [g.input('x', [batch, 3])]), [batch, 3]);
  return createOrtEngine().load(g.model());
}

describe('evaluateModels', () => {
  it.each(['N', 4])('measures every model with batch %s, the last batch included', async (batch) => {
    const subjects = [
      { session: await open('Identity', batch), metrics: [createClassificationMetric()], agreement: [] },
      { session: await open('Neg', batch), metrics: [createClassificationMetric()], agreement: [] },
    ];
    const events: EvaluationProgress[] = [];
    const done = await follow(evaluateModels(subjects, { dataset, preprocess, batch: 3 }), (e) =>
      events.push(e),
    );
    expect(done).toBe(7);
    expect(events.at(-1)).toEqual({ type: 'evaluation.progress', done: 7, total: 7 });
    expect(subjects[0]!.metrics[0]!.result().top1).toBeCloseTo(4 / 7);
    // Negated, the first of the two zeros wins: class 1 for labels of class 0 rows, class 0 else.
    expect(subjects[1]!.metrics[0]!.result().top1).toBeCloseTo(3 / 7);
    for (const { session } of subjects) await session.close();
  });

  it('hands the answers of the first model to metrics of agreement', async () => {
    const heard: [number, number][] = [];
    const agreement: Metric<{ outputs: Readonly<Record<string, { data: ArrayLike<number | bigint> }>> }> = {
      name: 'pairs',
      higherIsBetter: true,
      add: (batch, truth) => {
        const first = (side: typeof truth) => Number(Object.values(side.outputs)[0]!.data[0]);
        heard.push([first(batch), first(truth)]);
      },
      result: () => ({ pairs: heard.length }),
    };
    const subjects = [
      { session: await open('Identity'), metrics: [], agreement: [] },
      { session: await open('Neg'), metrics: [], agreement: [agreement] },
    ];
    await follow(evaluateModels(subjects, { dataset, preprocess, limit: 2 }));
    expect(heard).toEqual([
      [-1, 1],
      [-0, 0],
    ]);
    for (const { session } of subjects) await session.close();
  });

  it('refuses a set without samples', async () => {
    const session = await open('Identity');
    const none = { ...dataset, size: 0, async *samples() {} };
    await expect(
      follow(evaluateModels([{ session, metrics: [], agreement: [] }], { dataset: none, preprocess })),
    ).rejects.toMatchObject({ code: 'data.empty' });
    await session.close();
  });
});
