import { createOutputAgreement, createPsnrMetric, type SearchJudgement } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { breaksFloor, checkKnowsClasses, tellUnjudged } from './class-limit.ts';
import { topOne } from './probed-nets.case.ts';

const judgement: SearchJudgement = {
  ...{ metric: 'top1', higherIsBetter: true, value: 0.9, groups: [], metrics: {} },
  ...{ drop: 0, interval: null, worst: 0, samples: 100 },
};
const classOf = (samples: number) => ({ samples, value: 1, groups: [1, 1] });

it('a class may lose as much as any may, at most', () => {
  const worstClass = { name: 'cat', samples: 40, drop: 0.02, interval: null, worst: 0.05 };
  expect(breaksFloor({ maxClassDrop: 0.05 }, { ...judgement, worstClass })).toBe(false);
  expect(breaksFloor({ maxClassDrop: 0.049 }, { ...judgement, worstClass })).toBe(true);
  expect(breaksFloor({}, { ...judgement, worstClass })).toBe(false);
  expect(breaksFloor({ maxClassDrop: 0 }, judgement)).toBe(false);
});

describe('checkKnowsClasses', () => {
  it('takes classifiers, with labels and without', () => {
    expect(() => checkKnowsClasses(topOne)).not.toThrow();
    expect(() => checkKnowsClasses({ createAgreement: topOne.createAgreement, notes: [] })).not.toThrow();
  });

  it.each([
    [{ ...topOne, createMetric: () => createPsnrMetric({ peak: 1 }) }, 'psnr'],
    [{ createAgreement: createOutputAgreement, notes: [] }, 'relativeL2'],
  ])('refuses what knows no classes', (metrics, name) => {
    expect(() => checkKnowsClasses(metrics)).toThrow(
      expect.objectContaining({
        kind: 'usage',
        code: 'run.no-classes',
        message: expect.stringContaining(name),
      }),
    );
  });
});

describe('tellUnjudged', () => {
  it('names what has too few samples', () => {
    const classReadings = { cat: classOf(60), dog: classOf(19), bird: classOf(20), cow: classOf(1) };
    expect(tellUnjudged({ ...judgement, classReadings })).toBe(
      '2 of 4 classes have fewer than 20 held-out samples and are not held to --max-class-drop: dog (19), cow (1).',
    );
    expect(tellUnjudged({ ...judgement, classReadings: { cat: classOf(60) } })).toBeUndefined();
  });

  it('refuses a floor under nothing', () => {
    expect(() => tellUnjudged({ ...judgement, classReadings: { cat: classOf(5) } })).toThrow(
      expect.objectContaining({
        ...{ kind: 'data', code: 'run.no-classes' },
        message: expect.stringContaining('None of the 1 classes has 20 of the 100 held-out samples'),
      }),
    );
  });
});
