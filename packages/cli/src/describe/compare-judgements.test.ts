import { expect, it } from 'vitest';
import { compareJudgements } from './compare-judgements.ts';
import { judged, searchRun, trainedRun } from './described-runs.case.ts';

const asked = { model: 'ab', data: '/x', seed: 1 };
const first = searchRun(asked);
const reasonOf = (other: Parameters<typeof compareJudgements>[1]) => compareJudgements(first, other).reason;

it('tells the difference on the same samples', () => {
  const other = searchRun(asked, [judged(0.9, 0), judged(0.85, 0.05)]);
  const { value, interval, reason } = compareJudgements(first, other);
  expect(value).toBeCloseTo(0.03, 12);
  // Every group lost the same.
  expect(interval![0]).toBeCloseTo(0.03, 12);
  expect(reason).toBeNull();
  expect(compareJudgements(other, first).value).toBeCloseTo(-0.03, 12);
});

it('trusts equal scores of one original more than settings', () => {
  expect(reasonOf(searchRun({ ...asked, seed: 2 }))).toBeNull();
});

it('says why it cannot be told', () => {
  expect(reasonOf(trainedRun())).toContain('A training notes no groups');
  expect(reasonOf(searchRun(asked, []))).toContain('nothing yet');
  expect(reasonOf(searchRun(asked, [{ ...judged(0.9, 0), metric: 'mAP50' }]))).toBe(
    'They are judged by top1 and by mAP50.',
  );
  expect(reasonOf(searchRun(asked, [{ ...judged(0.9, 0), samples: 50 }]))).toBe(
    'They are judged on 100 and on 50 samples.',
  );
  expect(reasonOf(searchRun(asked, [judged(0.91, 0)]))).toMatch(
    /not judged on the same samples: .* in both\.$/,
  );
  expect(reasonOf(searchRun({ ...asked, seed: 2 }, [judged(0.91, 0)]))).toContain(
    'in both, and --seed is 1 and 2.',
  );
  expect(reasonOf(searchRun({ ...asked, model: 'cd', seed: 2 }))).toBe(
    'They may be judged on different samples: --seed is 1 and 2.',
  );
  expect(reasonOf(searchRun({ ...asked, model: 'cd' }))).toBeNull();
});

it('asks the settings where an original that agrees with itself tells nothing', () => {
  const agreed = { ...judged(1, 0), groups: [1, 1] };
  const own = searchRun(asked, [agreed]);
  expect(compareJudgements(own, searchRun(asked, [agreed])).reason).toBeNull();
  expect(compareJudgements(own, searchRun({ ...asked, data: '/y' }, [agreed])).reason).toContain(
    '--data is "/x" and "/y"',
  );
  expect(compareJudgements(own, searchRun({ ...asked, model: 'cd' }, [agreed])).reason).toContain(
    'different originals',
  );
});
