// What experiments do with a trained detector: judge it and distil it, on the COCO pictures.
import { createDetectionMetric, findLayout } from '@espalier/core';
import { cacheFile, evaluateModels, finetune, follow, openDataset, openEvaluation } from '@espalier/node';
import { data, TRAINING_LOAD } from './subjects.mjs';
import { watch } from './watch.mjs';

/** The pictures that detectors learn from, as a subject; their labels have no part in any training. */
export const COCO = { train: 'coco/dataset.yaml', dataset: { split: 'train' } };
/** The detectors, and how each lays out what it finds. */
export const DETECTORS = { yolov5n: 'yolov5', yolov8n: 'yolov8' };
/** Steps of a search are judged by this share of the training pictures, which are never learned from. */
const HELD_OUT = 0.25;
/** How a detector is distilled: batches are too small to normalize by, so that steps must be small. */
export const DISTILLATION = { optimizer: { name: 'adamw' }, rate: 3e-5, clipNorm: 10, weightDecay: 0 };
const BATCH = 4;

/** The pictures as trainings and searches take them. */
export async function picturesOf(layout, seed) {
  return {
    data: { path: data(COCO.train), dataset: COCO.dataset, batch: BATCH, seed },
    evaluation: { share: HELD_OUT, layout },
    cachePath: await cacheFile('formulations.json'),
  };
}

/** What `teacher` makes of `model` in so many epochs: the training's result. */
export async function distil(engine, name, model, { teacher, layout, seed, epochs }) {
  const training = finetune({
    ...(await picturesOf(layout, seed)),
    ...DISTILLATION,
    ...{ engine, model, teacher, budget: { epochs }, load: TRAINING_LOAD },
    objective: { labels: false },
    evaluateEvery: Number.MAX_SAFE_INTEGER,
  });
  return watch(name, training);
}

/** mAP of a detector on the COCO validation pictures. */
export async function evaluateDetector(engine, model, layout) {
  const dataset = await openDataset(data(COCO.train), { split: 'val' });
  const open = await openEvaluation({ engine, models: [model], dataset, load: TRAINING_LOAD });
  try {
    const { width: inputWidth, height: inputHeight } = open.preprocess;
    const metric = createDetectionMetric({ inputWidth, inputHeight, layout: findLayout(layout) });
    const subjects = [{ session: open.sessions[0], metrics: [metric], agreement: [] }];
    await follow(evaluateModels(subjects, { dataset, preprocess: open.preprocess }));
    const { mAP50, 'mAP50-95': mAP } = metric.result();
    return { mAP50, mAP };
  } finally {
    await open.close();
  }
}
