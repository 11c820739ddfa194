import { createClassificationMetric } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { describeNumbers, warnOfOneAnswer } from './describe-accuracy.ts';

/** A metric that saw one sample per pair, over so many classes. */
function classify(classCount: number, pairs: readonly (readonly [truth: number, answer: number])[]) {
  const metric = createClassificationMetric();
  for (const [index, answer] of pairs) {
    const data = Float32Array.from({ length: classCount }, (_, c) => (c === answer ? 1 : 0));
    const logits = { type: 'float32', dims: [1, classCount], data } as const;
    metric.add({ outputs: { logits }, placements: [] }, [{ kind: 'class', index }]);
  }
  return metric;
}

describe('describeNumbers', () => {
  it('leaves out top-5 of few classes, and only there', () => {
    expect(describeNumbers([classify(9, [[1, 1]])])).toEqual({ top1: 1 });
    expect(describeNumbers([classify(10, [[1, 1]])])).toEqual({ top1: 1, top5: 1 });
    expect(describeNumbers([{ result: () => ({ top5: Number.NaN }) }])).toEqual({ top5: null });
  });
});

describe('warnOfOneAnswer', () => {
  const twenty = (truth: (i: number) => number, answer: (i: number) => number) =>
    Array.from({ length: 20 }, (_, i) => [truth(i), answer(i)] as const);
  const warn = (pairs: ReturnType<typeof twenty>) => warnOfOneAnswer([classify(3, pairs)]);

  it('speaks when the answers are nearly all one class and the labels are not', () => {
    expect(
      warn(
        twenty(
          (i) => i % 3,
          (i) => (i === 0 ? 0 : 2),
        ),
      ),
    ).toEqual([expect.stringMatching(/^19 of 20 answers are class 2: /)]);
  });

  it('is silent on varied answers, on data of one class, and on few samples', () => {
    expect(
      warn(
        twenty(
          (i) => i % 3,
          (i) => i % 2,
        ),
      ),
    ).toEqual([]);
    expect(
      warn(
        twenty(
          () => 2,
          () => 2,
        ),
      ),
    ).toEqual([]);
    expect(
      warn(
        twenty(
          (i) => i % 3,
          () => 2,
        ).slice(0, 9),
      ),
    ).toEqual([]);
  });
});
