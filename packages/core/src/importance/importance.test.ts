import { describe, expect, it } from 'vitest';
import type { Coupling } from '../coupling/coupling.ts';
import { createRandom } from '../random.ts';
import { computeImportance, criteria, findCriterion } from './importance.ts';
import { startSketch } from './network-sketch.case.ts';
import type { WeightSource } from './weight-source.ts';

const draw = () => {
  const pencil = startSketch(9);
  const x = pencil.scale(pencil.conv(pencil.input(2), 4, [3, 3]));
  pencil.matmul(pencil.flatten(pencil.conv(x, 3, [3, 3]), 2), 2);
  return pencil.finish();
};

/** Numbers as images might have given them, for every use of a coupling. */
const inventData = ({ uses }: Coupling) => {
  const random = createRandom(2);
  const invented = () =>
    new Map(uses.map(({ id, labels }) => [id, Float64Array.from(labels, () => random.next())]));
  const products = new Map([...invented()].map(([id, numbers]) => [id, [numbers, numbers]]));
  return { activations: { ranks: invented(), amplitudes: invented() }, gradients: { products } };
};

describe('the table of criteria', () => {
  it.each(Object.keys(criteria))(
    '%s scores every class, the same way each time, group total ±1',
    async (name) => {
      const { coupling, weights } = draw();
      const score = () =>
        computeImportance(coupling, weights, name, { random: createRandom(1), ...inventData(coupling) });
      const scores = await score();
      expect(scores).toEqual(await score());
      expect(scores.length).toBe(coupling.classes.length);
      for (const { classes } of coupling.groups) {
        const judged = [...classes].map((id) => scores[id]!).filter(Number.isFinite);
        const total = judged.reduce((sum, x) => sum + x, 0);
        const unread = judged.every((x) => x === 0);
        if (judged.length > 0 && !unread) expect(Math.abs(total)).toBeCloseTo(1, 12);
      }
    },
  );

  it.each(['hrank', 'taylor', 'fscl-active'] as const)('%s says that it needs data', async (name) => {
    const { coupling, weights } = draw();
    expect(findCriterion(name).needs).toBeDefined();
    await expect(computeImportance(coupling, weights, name)).rejects.toMatchObject({
      kind: 'usage',
      code: 'importance.no-data',
      message: `The criterion '${name}' looks at data, and none were given.`,
      hint: expect.stringContaining('--data'),
    });
  });

  it('suggests the nearest name', () => {
    expect(() => findCriterion('fcsl')).toThrow(
      expect.objectContaining({
        code: 'importance.unknown-criterion',
        message: "There is no criterion 'fcsl'.",
        hint: expect.stringMatching(/^Did you mean 'fscl'\? Known criteria: fscl, l1, /),
      }),
    );
    expect(() => findCriterion('entropy')).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/^Known criteria: /) }),
    );
    expect(() => findCriterion('toString')).toThrow("There is no criterion 'toString'.");
  });
});

describe('a user’s own importance', () => {
  it('is normalized like the others', async () => {
    const { coupling, weights } = draw();
    const mine = () => Float64Array.from(coupling.classes, ({ id }) => id + 1);
    const raw = await computeImportance(coupling, weights, mine, { normalizer: 'none' });
    expect([...raw.slice(0, 3)]).toEqual([1, 2, 3]);
    const scores = await computeImportance(coupling, weights, async () => mine());
    expect([...scores.slice(0, 4)]).toEqual([0.1, 0.2, 0.3, 0.4]);
  });

  it.each([
    ['returned 1 scores for', new Float64Array(1)],
    ['returned NaN for class 0', new Float64Array(9).fill(Number.NaN)],
  ])('that %s is refused', async (text, answer) => {
    const { coupling, weights } = draw();
    await expect(computeImportance(coupling, weights, () => answer)).rejects.toMatchObject({
      code: 'importance.invalid-scores',
      message: expect.stringContaining(text),
    });
  });
});

describe('bad weights', () => {
  it.each([Number.NaN, Infinity, -Infinity])('%d is refused by name', async (bad) => {
    const { coupling, weights, weight } = draw();
    const data = weight(2).data.slice();
    data[7] = bad;
    const broken: WeightSource = {
      ...weights,
      read: (node, input) => (node === 2 ? { dims: weight(2).dims, data } : weights.read(node, input)),
    };
    for (const criterion of ['fscl', 'l1', 'fpgm', 'lamp']) {
      await expect(computeImportance(coupling, broken, criterion)).rejects.toMatchObject({
        code: 'importance.non-finite',
        message: expect.stringContaining(`'weight2' holds ${bad} at element 7`),
      });
    }
  });

  it('a scale factor that is no number is refused by name', async () => {
    const { coupling, weights } = draw();
    const broken = { ...weights, scaleFactors: () => new Float64Array(4).fill(Number.NaN) };
    await expect(computeImportance(coupling, broken)).rejects.toMatchObject({
      code: 'importance.non-finite',
      message: expect.stringContaining("'gamma1' holds NaN at element 0"),
    });
  });

  it('a weight without a value is refused by name', async () => {
    const { coupling, weights } = draw();
    const missing = { ...weights, read: () => undefined };
    await expect(computeImportance(coupling, missing)).rejects.toMatchObject({
      code: 'importance.missing-weight',
      message: expect.stringMatching(/^The weight 'weight\d'/),
    });
  });
});
