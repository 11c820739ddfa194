import { describe, expect, it } from 'vitest';
import type { Target } from '../data/dataset.ts';
import { argMax, createClassificationMetric } from './classification.ts';
import type { BatchOutputs } from './metric.ts';

const batchOf = (...rows: readonly (readonly number[])[]): BatchOutputs => ({
  outputs: {
    logits: { type: 'float32', dims: [rows.length, rows[0]!.length], data: Float32Array.from(rows.flat()) },
  },
  placements: [],
});
const classes = (...indices: readonly number[]): Target[] =>
  indices.map((index) => ({ kind: 'class', index }));

describe('createClassificationMetric', () => {
  it('counts over batches what is highest and what is among the five highest', () => {
    const metric = createClassificationMetric();
    metric.add(batchOf([9, 1, 2, 3, 4, 5, 0], [9, 1, 2, 3, 4, 5, 0]), classes(0, 2));
    metric.add(batchOf([9, 1, 2, 3, 4, 5, 0]), classes(1));
    metric.add(batchOf([0, 0, 0, 0, 0, 0, 7]), classes(6));
    // Ranks of the truth: 0, 4, 5, 0.
    expect(metric.result()).toEqual({ top1: 2 / 4, top5: 3 / 4 });
    expect(metric.result()[metric.name]).toBe(0.5);
    expect(metric.confusion()).toEqual([
      { truth: 0, predicted: 0, count: 1 },
      { truth: 1, predicted: 0, count: 1 },
      { truth: 2, predicted: 0, count: 1 },
      { truth: 6, predicted: 6, count: 1 },
    ]);
    expect(metric.perClass().slice(0, 2)).toEqual([
      { classIndex: 0, samples: 1, predicted: 3, correct: 1 },
      { classIndex: 1, samples: 1, predicted: 0, correct: 0 },
    ]);
    expect(metric.perClass()).toHaveLength(7);
    expect([...metric.classes!()]).toEqual([
      [0, { samples: 1, value: 1 }],
      [1, { samples: 1, value: 0 }],
      [2, { samples: 1, value: 0 }],
      [6, { samples: 1, value: 1 }],
    ]);
  });

  it('does not reward an answer that is the same for every class, nor one without numbers', () => {
    const metric = createClassificationMetric();
    metric.add(batchOf([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]), classes(0, 5));
    metric.add(batchOf(Array(6).fill(Number.NaN)), classes(0));
    expect(metric.result()).toEqual({ top1: 1 / 3, top5: 1 / 3 });
    expect(metric.confusion().at(0)).toEqual({ truth: 0, predicted: -1, count: 1 });
  });

  it('reads half precision, trailing axes of one element and an output by its name', () => {
    const metric = createClassificationMetric('scores');
    const half = {
      type: 'float16',
      dims: [1, 3, 1, 1],
      data: Uint16Array.of(0x3c00, 0xc000, 0x4000),
    } as const;
    metric.add({ outputs: { ...batchOf([5, 0, 0]).outputs, scores: half }, placements: [] }, classes(2));
    expect(metric.result()).toEqual({ top1: 1, top5: 1 });
  });

  it('is NaN before the first batch', () => {
    expect(createClassificationMetric().result()).toEqual({ top1: Number.NaN, top5: Number.NaN });
  });

  it('names the class, the target or the output that does not fit', () => {
    const metric = createClassificationMetric();
    expect(() => metric.add(batchOf([1, 2]), classes(2))).toThrow(
      'Class 2 of a sample is none of the 2 classes',
    );
    expect(() => metric.add(batchOf([1, 2]), classes(-1))).toThrow('Class -1');
    expect(() => metric.add(batchOf([1, 2]), [{ kind: 'none' }])).toThrow("of kind 'none', not 'class'");
    expect(() => metric.add(batchOf([1, 2]), classes(0, 1))).toThrow(
      '[1, 2] has not the 2 rows of its batch',
    );
    expect(() => createClassificationMetric('boxes').add(batchOf([1, 2]), classes(0))).toThrow(
      "no output 'boxes'; its outputs are: logits",
    );
  });
});

it('argMax takes the first of equals and skips NaN', () => {
  expect(argMax([1, 3, 3, 2])).toBe(1);
  expect(argMax([Number.NaN, -Infinity, -1])).toBe(2);
  expect(argMax([Number.NaN, -Infinity])).toBe(1);
  expect(argMax([Number.NaN])).toBe(-1);
});
