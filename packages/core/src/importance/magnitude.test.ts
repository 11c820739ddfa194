import { describe, expect, it } from 'vitest';
import { computeImportance } from './importance.ts';
import { startSketch } from './network-sketch.case.ts';

/** conv [2, 1, 3] -> scale -> matmul, with numbers small enough to add up by hand. */
const draw = () => {
  const values = [
    [3, -4, 0, 1, 2, -2],
    [-0.5, 2],
    [1, 1],
  ];
  const pencil = startSketch(0, (node, i) => values[node]![i]!);
  pencil.matmul(pencil.scale(pencil.conv(pencil.input(1), 2, [3]), 100), 1);
  return pencil.finish();
};
const score = async (criterion: string, net = draw()) => {
  const scores = await computeImportance(net.coupling, net.weights, criterion, { normalizer: 'none' });
  return [...scores.slice(0, 2)];
};

describe('magnitudes', () => {
  it.each([
    ['l1', [7, 5]],
    ['l2', [5, 3]],
    ['l1-largest', [-7, -5]],
    ['l2-largest', [-5, -3]],
    ['bn-gamma', [0.5, 2]],
    ['gamma-l1', [3.5, 10]],
  ])('%s', async (criterion, expected) => {
    expect(await score(criterion)).toEqual(expected);
  });

  it('add up over all producers of a residual stage, depthwise filters too', async () => {
    const pencil = startSketch(0, (node, i) => (node + 1) * (i + 1));
    const x = pencil.conv(pencil.input(1), 2, [1, 1]);
    pencil.matmul(pencil.add(x, pencil.depthwise(x, [1, 1])), 1);
    expect(await score('l1', pencil.finish())).toEqual([1 + 2, 2 + 4]);
  });

  it('γ·L1 looks through a sum, stops at another scale and keeps channels without a scale', async () => {
    const pencil = startSketch(0, (node, i) => (node + 1) * (i + 1));
    const x = pencil.scale(pencil.conv(pencil.input(1), 2, [1, 1])); // filters 1, 2; γ 2, 4
    const y = pencil.conv(pencil.input(1), 2, [1, 1]); // filters 3, 6
    pencil.conv(pencil.scale(pencil.add(x, y)), 1, [1, 1]); // γ 4, 8
    const net = pencil.finish();
    expect(await score('gamma-l1', net)).toEqual([2 * 1 + 4 * 3, 4 * 2 + 8 * 6]);
    const scores = await computeImportance(net.coupling, net.weights, 'gamma-l1');
    expect(scores.at(-1)).toBe(Infinity);
  });

  it.each(['bn-gamma', 'gamma-l1'])('%s says that exports fold BatchNormalization', async (criterion) => {
    const pencil = startSketch(1);
    pencil.conv(pencil.conv(pencil.input(1), 2, [3, 3]), 2, [3, 3]);
    await expect(score(criterion, pencil.finish())).rejects.toMatchObject({
      code: 'importance.no-batchnorm',
      message: `The criterion '${criterion}' needs BatchNormalization, and no channel of this model passes one.`,
      hint: expect.stringContaining('fold'),
    });
  });
});
