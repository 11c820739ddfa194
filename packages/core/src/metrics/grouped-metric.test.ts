import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { createClassificationMetric } from './classification.ts';
import { createGroupedMetric, randomGroupsError } from './grouped-metric.ts';
import type { BatchOutputs } from './metric.ts';

/** One sample of class 0 or 1, taken for class 1. */
const answer: BatchOutputs = {
  outputs: { y: { type: 'float32', dims: [1, 2], data: Float32Array.of(0, 1) } },
  placements: [],
};
const right = [{ kind: 'class', index: 1 }] as const;
const wrong = [{ kind: 'class', index: 0 }] as const;

describe('createGroupedMetric', () => {
  it('is the metric it wraps', () => {
    const metric = createGroupedMetric(createClassificationMetric);
    expect(metric).toMatchObject({ name: 'top1', higherIsBetter: true });
    for (const truth of [right, right, wrong]) metric.add(answer, truth);
    expect(metric.result()).toEqual({ top1: 2 / 3, top5: 1 });
  });

  it('deals batches out in turn, so that the groups see different ones', () => {
    const metric = createGroupedMetric(createClassificationMetric, 3);
    for (const truth of [right, wrong, right, wrong, wrong, right, right]) metric.add(answer, truth);
    expect(metric.reading()).toEqual({ value: 4 / 7, groups: [2 / 3, 0, 1] });
  });

  it('reads every class alike, with nothing for groups in which it does not occur', () => {
    const metric = createGroupedMetric(createClassificationMetric, 3);
    for (const truth of [right, wrong, right, right, wrong]) metric.add(answer, truth);
    expect([...metric.classReadings()!]).toEqual([
      [0, { samples: 2, value: 0, groups: [null, 0, null] }],
      [1, { samples: 3, value: 1, groups: [1, null, 1] }],
    ]);
    const blind = createGroupedMetric(() => ({
      ...createClassificationMetric(),
      classes: undefined as never,
    }));
    expect(blind.classReadings()).toBeUndefined();
  });

  it('knows of ten groups at most, and of those only that have seen a batch', () => {
    const metric = createGroupedMetric(createClassificationMetric);
    metric.add(answer, right);
    metric.add(answer, wrong);
    expect(metric.reading()).toEqual({ value: 0.5, groups: [1, 0] });
    for (let i = 0; i < 20; i++) metric.add(answer, right);
    expect(metric.reading().groups).toHaveLength(10);
  });
});

describe('randomGroupsError', () => {
  it('is the standard error of the mean', () => {
    // Deviations −2, 0, 2: variance 4, over 3 groups.
    expect(randomGroupsError([1, 3, 5])).toBeCloseTo(Math.sqrt(4 / 3), 12);
    expect(randomGroupsError([7, 7])).toBe(0);
  });

  it('is null for fewer than two groups, or where one has no number', () => {
    expect(randomGroupsError([])).toBeNull();
    expect(randomGroupsError([1])).toBeNull();
    expect(randomGroupsError([1, Number.NaN, 3])).toBeNull();
  });

  it('tells how far means really scatter', () => {
    const random = createRandom(4);
    const draws = Array.from({ length: 2000 }, () => Array.from({ length: 10 }, () => random.normal()));
    const squares = draws.map((groups) => randomGroupsError(groups)! ** 2);
    // Ten normal values: the variance of their mean is a tenth.
    expect(squares.reduce((a, b) => a + b) / squares.length).toBeCloseTo(0.1, 2);
  });
});
