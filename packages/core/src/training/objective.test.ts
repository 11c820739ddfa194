import { describe, expect, it } from 'vitest';
import { type WrittenLoss, writeCrossEntropy, writeDistillation, writeMatching } from './loss.ts';
import {
  type ClassificationOptions,
  classificationObjective,
  matchingObjective,
  TARGETS_INPUT,
  teacherInput,
} from './objective.ts';
import { array, checkLoss, noise } from './run-model.case.ts';
import type { LossContext } from './training-graph.ts';

const dims = [2, 3];
const values = { z: noise(dims, 1), a: noise([2, 4], 2), b: noise([2, 2], 3) };
const teacher = { z: noise(dims, 4), a: noise([2, 4], 5), b: noise([2, 2], 6) };
const targets = array(dims, [0, 1, 0, 0.5, 0.5, 0]);

/** The loss, fed with exactly what the objective says it needs. */
async function lossOf(objective: ReturnType<typeof classificationObjective>): Promise<number> {
  const feeds = Object.fromEntries(
    [...objective.teacher].map(([value, input]) => [input, teacher[value as keyof typeof teacher]]),
  );
  const labels = objective.targets === undefined ? {} : { [objective.targets]: targets };
  return (await checkLoss(objective.write, values, { ...feeds, ...labels })).value;
}

const alone = async (
  write: (c: LossContext, given: string) => WrittenLoss,
  value: keyof typeof values,
  given = teacher[value],
): Promise<number> =>
  (await checkLoss((c) => write(c, c.input('given', given.dims)), values, { given })).value;

const labelLoss = (smoothing?: number): Promise<number> =>
  alone((c, given) => writeCrossEntropy(c.emit, c.value('z'), given, smoothing), 'z', targets);
const distilLoss = (temperature?: number): Promise<number> =>
  alone((c, given) => writeDistillation(c.emit, c.value('z'), given, temperature), 'z');
const matchLoss = (value: 'a' | 'b'): Promise<number> =>
  alone((c, given) => writeMatching(c.emit, c.value(value), given), value);

describe('classificationObjective', () => {
  it.each<[string, Omit<ClassificationOptions, 'output'>, boolean, string[], () => Promise<number>]>([
    ['labels by default', {}, true, [], () => labelLoss()],
    ['smoothed labels', { smoothing: 0.2 }, true, [], () => labelLoss(0.2)],
    ['the teacher alone', { labels: 0, distil: 0.5 }, false, ['z'], async () => 0.5 * (await distilLoss())],
    [
      'labels and a teacher',
      { labels: 0.3, distil: 0.7, temperature: 4 },
      true,
      ['z'],
      async () => 0.3 * (await labelLoss()) + 0.7 * (await distilLoss(4)),
    ],
    [
      'features, which share their weight',
      { labels: 1, match: ['a', 'b'], matchWeight: 3 },
      true,
      ['a', 'b'],
      async () => (await labelLoss()) + 1.5 * ((await matchLoss('a')) + (await matchLoss('b'))),
    ],
  ])('%s', async (_, options, needsLabels, asked, wanted) => {
    const objective = classificationObjective({ output: 'z', ...options });
    expect(objective.targets).toBe(needsLabels ? TARGETS_INPUT : undefined);
    expect([...objective.teacher]).toEqual(asked.map((value) => [value, teacherInput(value)]));
    expect(objective.reads).toEqual(['z', ...(options.match ?? [])]);
    expect(await lossOf(objective)).toBeCloseTo(await wanted(), 5);
  });
});

describe('matchingObjective', () => {
  it('is the mean distance of its values', async () => {
    const objective = matchingObjective(['a', 'b']);
    expect(objective.targets).toBeUndefined();
    expect(objective.reads).toEqual(['a', 'b']);
    expect(await lossOf(objective)).toBeCloseTo(((await matchLoss('a')) + (await matchLoss('b'))) / 2, 5);
  });

  it('is zero where nothing differs', async () => {
    const feeds = { [teacherInput('a')]: values.a };
    const { value, gradients } = await checkLoss(matchingObjective(['a']).write, values, feeds);
    expect(value).toBe(0);
    expect(gradients.a!.every((slope) => slope === 0)).toBe(true);
  });
});
