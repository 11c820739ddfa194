import { createRandom, type NdArray, type Target } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import type { ProbeBatch } from './probe-images.ts';
import { openProbeJudge, type ProbeTruths } from './probe-judge.ts';
import { topOne } from './probed-nets.case.ts';

/** One-hot answers: the class of each row. */
function answer(...classes: readonly number[]): Readonly<Record<string, NdArray>> {
  const data = new Float32Array(3 * classes.length);
  for (const [row, at] of classes.entries()) data[3 * row + at] = 1;
  return { y: { type: 'float32', dims: [classes.length, 3], data } };
}

/** A batch of samples that are all of class 0, with `rows` rows where the model insists on them. */
function batchOf(samples: number, rows = samples): ProbeBatch {
  const x: NdArray = { type: 'float32', dims: [rows, 1], data: new Float32Array(rows) };
  const targets = Array.from({ length: samples }, (): Target => ({ kind: 'class', index: 0 }));
  return { feeds: { x }, targets, placements: [] };
}

/** `count` batches of two samples; the baseline knows the first sample of each. */
function open(count: number, wishes: Partial<ProbeTruths> = {}) {
  const baseline = Array.from({ length: count }, () => answer(0, 1));
  return openProbeJudge({
    images: Array.from({ length: count }, () => batchOf(2)),
    metrics: topOne,
    baseline,
    reference: baseline,
    precision: 0,
    ...wishes,
  });
}

const unlabelled = { createAgreement: topOne.createAgreement, notes: [] };

describe('openProbeJudge', () => {
  it('knows the baseline', () => {
    expect(open(4)).toMatchObject({ metric: 'top1', higherIsBetter: true, value: 0.5 });
  });

  it('judges by the labels, over all batches', () => {
    const trial = open(4).open();
    const answers = [answer(0, 0), answer(1, 1), answer(1, 1), answer(1, 1)];
    expect(answers.map((each) => trial.add(each))).toEqual([false, false, false, true]);
    const { drop, batches } = trial.verdict();
    expect(batches).toBe(4);
    expect(drop.value).toBe(0.5 - 1 / 4);
    // Losses −½, ½, ½, ½: standard deviation ½ over 4 groups.
    expect(drop.error).toBeCloseTo(1 / 4, 12);
  });

  it('compares a trial that ends early with what the baseline had by then', () => {
    const baseline = [...Array<ReturnType<typeof answer>>(10).fill(answer(0, 0)), answer(1, 1)];
    const trial = open(11, { baseline }).open();
    for (let batch = 0; batch < 10; batch++) trial.add(batch < 5 ? answer(0, 1) : answer(0, 0));
    // Half the batches lose one of two samples; the last batch is not counted.
    expect(trial.verdict()).toMatchObject({ batches: 10, drop: { value: 0.25 } });
  });

  it('keeps trials apart', () => {
    const judge = open(2);
    const [one, other] = [judge.open(), judge.open()];
    for (let batch = 0; batch < 2; batch++) {
      one.add(answer(1, 1));
      other.add(answer(0, 0));
    }
    expect(one.verdict().drop.value).toBe(0.5);
    expect(other.verdict().drop.value).toBe(-0.5);
  });

  it('judges by the answers of the reference where there are no labels', () => {
    expect(open(2, { metrics: unlabelled })).toMatchObject({ metric: 'top1Agreement', value: 1 });
    const reference = [answer(0, 2), answer(2, 2)];
    const judge = open(2, { metrics: unlabelled, reference });
    expect(judge.value).toBe(1 / 4);
    const trial = judge.open();
    trial.add(answer(0, 2));
    trial.add(answer(2, 1));
    expect(trial.verdict().drop.value).toBe(1 / 4 - 3 / 4);
  });

  it('looks only at the samples of a batch that was filled up', () => {
    const baseline = [answer(0, 0, 1, 1)];
    const judge = open(1, { images: [batchOf(2, 4)], baseline, reference: baseline });
    expect(judge.value).toBe(1);
    const trial = judge.open();
    expect(trial.add(answer(0, 1, 0, 0))).toBe(true);
    expect(trial.verdict().drop.value).toBe(0.5);
  });
});

describe('openProbeJudge with a precision', () => {
  /** After how many batches a trial ends; `wrong` tells in which batches the probed model errs more than the baseline. */
  function lengthOf(precision: number, wrong: (batch: number) => boolean, count = 100): number {
    const trial = open(count, { precision }).open();
    for (let batch = 0; batch < count; batch++) {
      if (trial.add(wrong(batch) ? answer(1, 1) : answer(0, 1))) return batch + 1;
    }
    return Number.POSITIVE_INFINITY;
  }

  it('ends once the interval of the drop is short enough', () => {
    // Every eleventh batch: each group of ten is hit in turn.
    const now = (batch: number): boolean => batch % 11 === 0;
    const short = lengthOf(0.1, now);
    const long = lengthOf(0.05, now);
    expect(short).toBeLessThan(long);
    expect(long).toBeLessThan(100);
    const trial = open(100).open();
    for (let batch = 0; batch < long; batch++) trial.add(now(batch) ? answer(1, 1) : answer(0, 1));
    const [low, high] = trial.verdict().drop.interval!;
    expect(high - low).toBeLessThanOrEqual(2 * 0.05);
  });

  it('knows a large drop less exactly: to a tenth of it', () => {
    const random = createRandom(3);
    const fails = Array.from({ length: 1000 }, () => random.next() < 0.7);
    const end = lengthOf(0.01, (batch) => fails[batch]!, 1000);
    const trial = open(1000).open();
    for (let batch = 0; batch < end; batch++) trial.add(fails[batch] ? answer(1, 1) : answer(0, 1));
    const { value, interval } = trial.verdict().drop;
    const reach = (interval![1] - interval![0]) / 2;
    expect(value).toBeGreaterThan(0.3);
    expect(reach).toBeGreaterThan(0.01);
    expect(reach).toBeLessThanOrEqual(0.1 * value);
  });

  it('ends after whole rounds of the groups only', () => {
    expect(lengthOf(0.2, () => true) % 10).toBe(0);
    expect(lengthOf(0.05, (batch) => batch % 11 === 0) % 10).toBe(0);
  });

  it('does not take the first samples for all, however much they agree', () => {
    // Of 20 samples without a change, 3 in 20 may still change: 0.15.
    expect(lengthOf(0.15, () => false)).toBe(10);
    expect(lengthOf(0.1, () => false)).toBe(20);
    expect(lengthOf(0.02, () => false)).toBe(80);
  });

  it('sees every sample at a precision of 0, or where it is never sure enough', () => {
    expect(lengthOf(0, () => false)).toBe(100);
    expect(lengthOf(0.001, (batch) => batch % 11 === 0)).toBe(100);
  });
});
