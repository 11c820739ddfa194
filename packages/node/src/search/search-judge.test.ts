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
  const judge = (confidence: number) =>
    createSearchJudge({ engine, original: analysis.file.model, data, batch: 64, confidence });
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

it('has no interval for too few samples', async () => {
  const { judge } = await open(true, { limit: 1 });
  const original = await judge(0.9)(analysis.file.model);
  expect(original).toMatchObject({ samples: 1, interval: null, worst: 0 });
});
