import { type Dataset, GraphBuilder, type Model, type Target, traceModel } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { chooseObjective, type ObjectiveFacts, type ObjectiveWishes } from './choose-objective.ts';

const engine = createOrtEngine();

function dataset(classNames?: readonly string[]): Dataset {
  return {
    name: 'set',
    kind: 'images',
    size: 2,
    description: 'a set',
    choice: 'all',
    ...(classNames && { classNames }),
    async *samples() {},
    sampleAt: () => Promise.reject(new Error('No sample is needed.')),
    classLabels: async () => [{ id: 'a.png', index: 1 }],
  };
}

/** A convolution over everything, and what comes behind it. */
function network(
  spatial: number,
  write: (g: GraphBuilder, value: string) => string = (_, value) => value,
): Model {
  const g = new GraphBuilder();
  const size = 9 - spatial;
  const weight = g.constant({ dims: [4, 3, size, size], data: new Float32Array(12 * size * size).fill(0.1) });
  const conv = g.node('Conv', [g.input('x', [2, 3, 8, 8]), weight], {}, 'conv');
  g.output(write(g, conv));
  return g.model();
}

async function choose(
  model: Model,
  facts: Partial<ObjectiveFacts> = {},
  wishes: ObjectiveWishes = {},
): ReturnType<typeof chooseObjective> {
  const target: Target = { kind: 'class', index: 0 };
  const base = { task: 'classify', target, dataset: dataset(), hasTeacher: false } as const;
  return chooseObjective({ ...base, ...facts, traced: await traceModel(model, engine) }, wishes);
}

describe('classifiers', () => {
  it('learn from labels on the logits behind a Softmax', async () => {
    const model = network(1, (g, value) => g.node('Softmax', [g.node('Flatten', [value])], {}, 'chances'));
    const { objective, reason } = await choose(model);
    expect(reason).toBe('Trained on the labels.');
    expect(objective.reads).toEqual(['Flatten_0_out']);
    expect([...objective.teacher.keys()]).toEqual([]);
  });

  it('learn from labels and a teacher, or from the teacher alone', async () => {
    const both = await choose(network(1), { hasTeacher: true });
    expect(both.reason).toBe("Trained on the labels and the teacher's logits 'conv_out' at temperature 2.");
    expect(both.objective.targets).toBeDefined();
    const alone = await choose(network(1), { hasTeacher: true, target: { kind: 'none' } });
    expect(alone.objective.targets).toBeUndefined();
    expect([...alone.objective.teacher.keys()]).toEqual(['conv_out']);
    const labels = await choose(network(1), { hasTeacher: true }, { distil: 0 });
    expect(labels.objective.teacher.size).toBe(0);
  });

  it('answer with one row of scores', async () => {
    await expect(choose(network(2))).rejects.toMatchObject({
      code: 'train.no-classifier',
      message: expect.stringContaining("'conv_out' is [2, 4, 2, 2]"),
    });
  });
});

describe('detectors', () => {
  const facts = {
    task: 'detect',
    target: { kind: 'boxes', boxes: [], width: 8, height: 8 },
    dataset: dataset(['a', 'b', 'c', 'd']),
    hasTeacher: true,
  } as const;
  const decoded = network(2, (g, value) =>
    g.node('Reshape', [g.node('Sigmoid', [value]), g.integers([2, 4, 4])], {}, 'boxes'),
  );

  it('match the raw maps of their heads', async () => {
    const { objective, reason } = await choose(decoded, facts);
    expect(objective.reads).toEqual(['conv_out']);
    expect(reason).toContain('1 raw head maps of 4 classes');
  });

  it('match their outputs where the classes are not known, and need a teacher', async () => {
    const { objective } = await choose(decoded, { ...facts, dataset: dataset() });
    expect(objective.reads).toEqual(['boxes_out']);
    await expect(choose(decoded, { ...facts, hasTeacher: false })).rejects.toMatchObject({
      code: 'train.nothing-to-learn',
      message: expect.stringContaining("have labels of kind 'boxes'"),
    });
  });
});

it('everything else matches the outputs of the teacher, and values that were named', async () => {
  const model = network(2, (g, value) => g.node('Relu', [value], {}, 'picture'));
  const { objective } = await choose(model, { task: 'other', hasTeacher: true }, { match: ['conv_out'] });
  expect(objective.reads).toEqual(['picture_out', 'conv_out']);
});
