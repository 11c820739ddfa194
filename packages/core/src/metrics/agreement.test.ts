import { describe, expect, it } from 'vitest';
import { createClassificationAgreement, createOutputAgreement } from './agreement.ts';
import type { BatchOutputs } from './metric.ts';

const rows = (...values: readonly (readonly number[])[]): BatchOutputs => ({
  outputs: {
    out: {
      type: 'float32',
      dims: [values.length, values[0]!.length],
      data: Float32Array.from(values.flat()),
    },
  },
  placements: [],
});

describe('createClassificationAgreement', () => {
  it('counts equal classes and averages the divergence of logits', () => {
    const metric = createClassificationAgreement();
    // softmax(0, ln 3) = (1/4, 3/4), softmax(0, 0) = (1/2, 1/2):
    // KL = 1/4 · ln(1/2) + 3/4 · ln(3/2); the second sample agrees entirely.
    const original = rows([0, Math.log(3)], [2, 1]);
    metric.add(rows([0, 0], [7, 6]), original);
    const kl = (0.25 * Math.log(0.5) + 0.75 * Math.log(1.5)) / 2;
    expect(metric.result()).toEqual({ top1Agreement: 0.5, kl: expect.closeTo(kl, 6) });
    expect([...metric.classes!()]).toEqual([
      [1, { samples: 1, value: 0 }],
      [0, { samples: 1, value: 1 }],
    ]);
  });

  it('takes probabilities as they are, an underflowed one included', () => {
    const metric = createClassificationAgreement();
    metric.add(rows([0.5, 0.5]), rows([0.25, 0.75]));
    const kl = 0.25 * Math.log(0.5) + 0.75 * Math.log(1.5);
    expect(metric.result().kl).toBeCloseTo(kl, 6);
    metric.add(rows([1, 0]), rows([0.75, 0.25]));
    expect(metric.result().kl).toBeGreaterThan(1);
    expect(metric.result().kl).toBeLessThan(10);
  });

  it('is complete for the original itself, large logits and zeros included', () => {
    for (const same of [rows([1000, -1000, 0], [3, 2, 1]), rows([1, 0, 0], [0, 0.5, 0.5])]) {
      const metric = createClassificationAgreement('out');
      metric.add(same, same);
      expect(metric.result()).toEqual({ top1Agreement: 1, kl: expect.closeTo(0, 9) });
    }
  });

  it('refuses answers of another shape', () => {
    expect(() => createClassificationAgreement().add(rows([1, 2, 3]), rows([1, 2]))).toThrow(
      "[1, 3] cannot be compared with the original's [1, 2]",
    );
  });
});

describe('createOutputAgreement', () => {
  const pair = (a: readonly number[], b: readonly number[]): BatchOutputs => ({
    outputs: { a: rows(a).outputs.out!, b: rows(b).outputs.out! },
    placements: [],
  });

  it('measures each output over all batches and reports the worst', () => {
    const metric = createOutputAgreement();
    metric.add(pair([3, 0], [1, 0]), pair([3, 4], [1, 0]));
    metric.add(pair([0, 0], [0, 1]), pair([0, 0], [1, 0]));
    // a: |difference| 4 of |original| 5, cosine 9 / (3 · 5). b: √2 of √2, cosine 1 / (√2 · √2).
    expect(metric.result()).toEqual({
      relativeL2: expect.closeTo(1, 12),
      cosine: expect.closeTo(0.5, 12),
      'relativeL2/a': expect.closeTo(0.8, 12),
      'relativeL2/b': expect.closeTo(1, 12),
      'cosine/a': expect.closeTo(0.6, 12),
      'cosine/b': expect.closeTo(0.5, 12),
    });
  });

  it('tells a lost zero from an agreement of zeros', () => {
    const measure = (changed: readonly number[], original: readonly number[]) => {
      const metric = createOutputAgreement();
      metric.add(rows(changed), rows(original));
      return metric.result();
    };
    expect(measure([0, 0], [0, 0])).toMatchObject({ relativeL2: 0, cosine: Number.NaN });
    expect(measure([0, 1], [0, 0])).toMatchObject({ relativeL2: Infinity, cosine: Number.NaN });
    expect(measure([2, 2], [1, 1])).toMatchObject({ relativeL2: 1, cosine: expect.closeTo(1, 12) });
  });

  it('is NaN before the first batch, and names an output that is missing', () => {
    const metric = createOutputAgreement();
    expect(metric.result()).toEqual({ relativeL2: Number.NaN, cosine: Number.NaN });
    expect(() => metric.add(rows([1]), pair([1], [1]))).toThrow("no output 'a'");
  });
});
