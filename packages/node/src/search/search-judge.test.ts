import { cutGroups, cutModel, type KeepMask, listPrunableGroups, prepareLimits } from '@espalier/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Analysis } from '../pipeline/analyse-file.ts';
import { openTrainingData, type TrainingData } from '../training/training-data.ts';
import { analyseModel, drawScores } from './probed-nets.case.ts';
import { createSearchJudge } from './search-judge.ts';
import {
  createLossMetric,
  engine,
  faintNet,
  openSearchPlace,
  type SearchPlace,
} from './searched-net.case.ts';

let place: SearchPlace;
let analysis: Analysis;
beforeAll(async () => {
  place = await openSearchPlace();
  analysis = await analyseModel(faintNet());
});
afterAll(() => place.close());

/** The net without half of its first group. */
function cutInHalf() {
  const { traced, coupling } = analysis;
  const scores = drawScores(analysis);
  const limiter = prepareLimits(traced, coupling, scores, {});
  const [first] = listPrunableGroups(traced, coupling, limiter);
  const keep: KeepMask = cutGroups(coupling, scores, limiter, new Map([[first!.group, 0.5]]));
  return cutModel(traced, coupling, keep, engine);
}

async function open(labels: boolean, evaluation: Parameters<typeof openTrainingData>[3] = {}) {
  const options = { batch: 64, seed: 1, workers: 0, ...place.dataOf(labels) };
  const data: TrainingData = await openTrainingData(
    engine,
    analysis.file.model,
    options,
    { share: 0.5, ...evaluation },
    {},
  );
  const judge = (confidence: number, byClass = false) =>
    createSearchJudge({ engine, original: analysis.file.model, data, batch: 64, confidence, byClass });
  return { data, judge };
}

it('judges by labels, in at least ten batches, beside what is known of the original', async () => {
  const { judge } = await open(true);
  const original = await judge(0.9)(analysis.file.model);
  expect(original).toMatchObject({ metric: 'top1', drop: 0, interval: [0, 0], worst: 0, samples: 160 });
  expect(original.groups).toHaveLength(10);
  expect(original.value).toBeCloseTo(original.metrics.top1!, 12);
  const cut = await judge(0.9)(await cutInHalf(), original);
  expect(cut.value).toBeLessThan(original.value);
  expect(cut.drop).toBeCloseTo(original.value - cut.value, 12);
  expect(cut.interval![0]).toBeLessThan(cut.drop);
  expect(cut.worst).toBeGreaterThan(cut.drop);
});

it('knows more at less confidence', async () => {
  const { judge } = await open(true);
  const original = await judge(0.9)(analysis.file.model);
  const cut = await cutInHalf();
  const [half, most, all] = [
    await judge(0.5)(cut, original),
    await judge(0.9)(cut, original),
    await judge(0.99)(cut, original),
  ];
  expect(half.worst).toBeCloseTo(half.drop, 12);
  expect(most.worst).toBeGreaterThan(half.worst);
  expect(all.worst).toBeGreaterThan(most.worst);
});

it('calls more of a loss worse', async () => {
  const { judge } = await open(true, { createMetric: createLossMetric });
  const original = await judge(0.9)(analysis.file.model);
  const cut = await judge(0.9)(await cutInHalf(), original);
  expect(cut).toMatchObject({ metric: 'loss', higherIsBetter: false });
  expect(cut.drop).toBeCloseTo(cut.value - original.value, 12);
});

it('compares with the original where there are no labels', async () => {
  const { judge } = await open(false);
  const original = await judge(0.9)(analysis.file.model);
  expect(original).toMatchObject({ metric: 'top1Agreement', value: 1, drop: 0, worst: 0 });
  const cut = await judge(0.9)(await cutInHalf(), original);
  expect(cut.drop).toBeCloseTo(1 - cut.value, 12);
  expect(cut.value).toBeLessThan(1);
});

it.each([true, false])('tells what became of each class, with labels %s', async (labels) => {
  const { judge } = await open(labels);
  const original = await judge(0.9, true)(analysis.file.model);
  expect(Object.keys(original.classes!)).toEqual(['0', '1', '2', '3']);
  const readings = Object.values(original.classReadings!);
  expect(readings.map(({ value }) => value)).toEqual(Object.values(original.classes!));
  expect(readings.reduce((sum, { samples }) => sum + samples, 0)).toBe(160);
  expect(readings.every(({ groups }) => groups.length === 10)).toBe(true);
  const mean = readings.reduce((sum, { samples, value }) => sum + samples * value, 0) / 160;
  expect(mean).toBeCloseTo(original.value, 12);
  const cut = await judge(0.9, true)(await cutInHalf(), original);
  expect(cut).not.toHaveProperty('classReadings');
  const { name, drop, worst } = cut.worstClass!;
  expect(drop).toBeCloseTo(original.classes![name]! - cut.classes![name]!, 12);
  expect(worst).toBeGreaterThan(drop);
  const plain = await judge(0.9)(await cutInHalf(), await judge(0.9)(analysis.file.model));
  expect(plain.classes).toEqual(cut.classes);
  expect(plain).not.toHaveProperty('worstClass');
});

it('names classes, unless two have one name', async () => {
  const { data } = await open(true);
  const namesWith = async (classNames: readonly string[]) => {
    const named = { ...data, judged: { ...data.judged, classNames } };
    const options = { engine, original: analysis.file.model, data: named, batch: 64, confidence: 0.9 };
    return Object.keys((await createSearchJudge(options)(analysis.file.model)).classes!);
  };
  expect(await namesWith(['cat', 'dog', 'cow', 'hen'])).toEqual(['cat', 'dog', 'cow', 'hen']);
  expect(await namesWith(['cat', 'dog', 'cat', 'hen'])).toEqual(['0', '1', '2', '3']);
});

it('tells no classes of a metric that knows none', async () => {
  const { judge } = await open(true, { createMetric: createLossMetric });
  expect(await judge(0.9, true)(analysis.file.model)).not.toHaveProperty('classes');
});

it('has no interval for too few samples', async () => {
  const { judge } = await open(true, { limit: 1 });
  const original = await judge(0.9)(analysis.file.model);
  expect(original).toMatchObject({ samples: 1, interval: null, worst: 0 });
});
