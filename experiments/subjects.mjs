// The trained models that experiments cut, the images they are judged on, and how they are judged. Needs ../shared/data.
import { fileURLToPath } from 'node:url';
import { createClassificationMetric } from '@espalier/core';
import { evaluateModels, follow, openDataset, openEvaluation } from '@espalier/node';

const CIFAR10 = { test: 'cifar10/test.bin', train: 'cifar10/train.bin' };
const PCB = { test: 'pcb/test.bin.gz', train: 'pcb/train.bin.gz' };
/** The models, with the accuracy that is stated for them on the test images. */
export const SUBJECTS = {
  'pcb-simple-cnn': { ...PCB, preprocess: 'mean=.5 std=.5', stated: 0.9277 },
  'pcb-mobilenetv2': { ...PCB, preprocess: 'mean=.5 std=.5', stated: 0.9598 },
  resnet56: { ...CIFAR10, preprocess: 'mean=.485,.456,.406 std=.229,.224,.225', stated: 0.832 },
  vgg16: {
    ...CIFAR10,
    preprocess: 'mean=.4914,.4822,.4465 std=.2023,.1994,.2010',
    stated: 0.8768,
  },
  resnet20: {
    ...CIFAR10,
    preprocess: 'mean=.485,.456,.406 std=.229,.224,.225',
    stated: 0.8103,
  },
};
/** One thread each for evaluation and timing: the other cores of the machine may be busy. */
export const LOAD = { threads: 1 };
/** Trainings take both cores. */
export const TRAINING_LOAD = { threads: 2 };

/** The path of a shared file. */
export const data = (path) => fileURLToPath(new URL(`../../shared/data/${path}`, import.meta.url));

/** Top-1 of each model on the subject's `test` or `train` images, all or `limit` of them. */
export async function evaluate(engine, models, subject, images, limit, load = LOAD) {
  const dataset = await openDataset(data(subject[images]));
  const { preprocess: text } = subject;
  const open = await openEvaluation({ engine, models, dataset, preprocess: text, load });
  try {
    const { sessions, preprocess } = open;
    const subjects = sessions.map((session) => ({
      session,
      metrics: [createClassificationMetric()],
      agreement: [],
    }));
    const samples = await follow(evaluateModels(subjects, { dataset, preprocess, batch: 16, limit }));
    return subjects.map(({ metrics: [metric] }) => ({ top1: metric.result().top1, samples }));
  } finally {
    await open.close();
  }
}

/** CIFAR pictures may be mirrored and shifted; circuit boards are looked at straight. */
export function augmentOf({ train }) {
  return train.includes('cifar') ? 'crop=4,flip' : 'crop=2';
}

/** What criteria and recoveries look at: the subject's training images, since the test images have no part in what is cut; `dataset` are options of the reader. */
export async function openCalibration(engine, { file }, { train, preprocess: text, dataset: options = {} }) {
  const dataset = await openDataset(data(train), options);
  const open = await openEvaluation({ engine, models: [file.model], dataset, preprocess: text });
  await open.close();
  return { engine, dataset, preprocess: open.preprocess };
}
