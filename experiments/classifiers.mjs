// What experiments do with a trained classifier: score it, cut it, fit it again, train it, on the training images of its subject.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepOf } from '@espalier/core';
import {
  analyseFile,
  cacheFile,
  finetune,
  follow,
  openSearchFolder,
  pruneAnalysis,
  recoverCut,
} from '@espalier/node';
import { augmentOf, data, openCalibration, SUBJECTS, TRAINING_LOAD } from './subjects.mjs';
import { watch } from './watch.mjs';

/** Share of the training images that trainings and searches are judged by, and never learn from. */
export const HELD_OUT = 0.1;

/** A model of `SUBJECTS`, analysed, with its training images. */
export async function openClassifier(engine, name) {
  const subject = SUBJECTS[name];
  const analysis = await follow(analyseFile(data(`models/${name}.onnx`), { engine }));
  const images = { ...(await openCalibration(engine, analysis, subject)), load: TRAINING_LOAD };
  return { engine, name, subject, analysis, original: analysis.file.model, images };
}

/** A proven cut: what `pruneAnalysis` makes of a target and a criterion. */
export async function cutClassifier({ engine, name, analysis, images }, options) {
  const cut = await watch(name, pruneAnalysis(analysis, { engine, calibration: images, ...options }));
  if (cut.verification.verdict === 'failed') throw new Error(`The cut of ${name} is wrong.`);
  return cut;
}

/** The fraction of MACs and parameters that a cut keeps. */
export function keptOf({ before, after }) {
  return { macs: after.macs / before.macs, params: after.params / before.params };
}

/** What reconstruction makes of a cut, without labels. */
export async function rebuild({ engine, name, analysis, subject, images }, cut, seed) {
  const mask = keepOf(analysis.traced, analysis.coupling, cut.plan);
  const options = { method: 'reconstruct', engine, dataset: images.dataset, seed };
  const { preprocess } = subject;
  return (await watch(name, recoverCut(analysis, mask, cut.model, { ...options, preprocess }))).model;
}

/** The images of a subject as trainings and searches take them. */
export async function trainingOf(subject, seed) {
  const { train, preprocess } = subject;
  return {
    data: { path: data(train), preprocess, augment: augmentOf(subject), batch: 64, seed },
    evaluation: { share: HELD_OUT },
    cachePath: await cacheFile('formulations.json'),
  };
}

/**
 * A model trained on the labels, as training leaves it, at `rate` or the usual one. The held-out images do not choose: they come from those that the uncut
 * model has learned by heart, and favour what was trained least.
 */
export async function train({ engine, name, subject }, model, { seed, epochs, rate }) {
  const training = finetune({
    ...(await trainingOf(subject, seed)),
    ...{ engine, model, budget: { epochs }, load: TRAINING_LOAD },
    ...(rate !== undefined && { rate }),
    evaluateEvery: Number.MAX_SAFE_INTEGER,
  });
  return (await watch(name, training)).last;
}

/** The folder of a search, under `runs`, which a stopped experiment goes on with. */
export async function openRun(name) {
  const path = fileURLToPath(new URL(`../runs/experiments/${name}`, import.meta.url));
  return openSearchFolder(path, { resume: existsSync(join(path, 'run.json')) });
}
