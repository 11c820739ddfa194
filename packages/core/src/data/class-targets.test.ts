import { describe, expect, it } from 'vitest';
import { checkClassLabels, classIndices, oneHotClasses } from './class-targets.ts';
import type { ClassLabel, Dataset, Target } from './dataset.ts';

const classes = (...indices: readonly number[]): readonly Target[] =>
  indices.map((index) => ({ kind: 'class', index }));
const batch = { ids: ['a', 'b', 'c'], targets: classes(2, 0, 1) };

function labelled(labels?: readonly ClassLabel[]): Dataset {
  return {
    name: 'set',
    kind: 'csv',
    size: labels?.length ?? 1,
    description: 'a set',
    choice: 'all',
    async *samples() {},
    sampleAt: () => Promise.reject(new Error('Labels are told without samples.')),
    ...(labels && { classLabels: async () => labels }),
  };
}

const refusal = {
  kind: 'data',
  code: 'data.label-out-of-range',
  message:
    "The label 3 of sample 'x.png' does not fit the classifier, whose 3 outputs are the classes 0 to 2.",
};

describe('checkClassLabels', () => {
  it('names the first sample whose label does not fit, and both numbers', async () => {
    const dataset = labelled([
      { id: 'w.png', index: 2 },
      { id: 'x.png', index: 3 },
      { id: 'y.png', index: 4 },
    ]);
    expect(await checkClassLabels(dataset, 5)).toBe(true);
    await expect(checkClassLabels(dataset, 3)).rejects.toMatchObject(refusal);
  });

  it('says when labels are not known early', async () => {
    expect(await checkClassLabels(labelled(), 3)).toBe(false);
  });
});

describe('classIndices', () => {
  it('gives int64', () => {
    expect(classIndices(batch, 3)).toEqual({ type: 'int64', dims: [3], data: BigInt64Array.of(2n, 0n, 1n) });
  });

  it('names the sample whose target is no class, or no class of the classifier', () => {
    expect(() => classIndices({ ids: ['a', 'x.png'], targets: classes(0, 3) }, 3)).toThrow(
      expect.objectContaining(refusal),
    );
    expect(() => classIndices({ ids: ['u.png'], targets: [{ kind: 'none' }] }, 3)).toThrow(
      expect.objectContaining({
        code: 'data.no-class',
        message: "Sample 'u.png' has no label, where a class is needed.",
      }),
    );
    const boxes: Target = { kind: 'boxes', boxes: [], width: 1, height: 1 };
    expect(() => oneHotClasses({ ids: ['u.png'], targets: [boxes] }, 3)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('boxes as its target') }),
    );
  });
});

describe('oneHotClasses', () => {
  it('gives a distribution per sample', () => {
    expect(oneHotClasses(batch, 3)).toEqual({
      type: 'float32',
      dims: [3, 3],
      data: Float32Array.of(0, 0, 1, 1, 0, 0, 0, 1, 0),
    });
  });
});
