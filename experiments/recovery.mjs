// What recovery wins back after a cut, and what it takes: nothing, recalibration, reconstruction, fine-tuning, distillation without labels.
// `node experiments/recovery.mjs [MODEL ...]` (default: all models) measures what recovery.jsonl does not hold yet, one line per result, and
// writes the tables of recovery.md; delete lines to measure them anew. Needs ../shared/data and the build. About two hours on two quiet cores.
import { appendFile } from 'node:fs/promises';
import { groupBy, keepOf } from '@espalier/core';
import {
  analyseFile,
  createOrtEngine,
  describeMachine,
  finetune,
  follow,
  measureActivations,
  pruneAnalysis,
  recoverCut,
} from '@espalier/node';
import { COCO, DETECTORS, evaluateDetector } from './detectors.mjs';
import { fillMarkers, readLines, showEnvironment, showLevel, showShare, table } from './page.mjs';
import { augmentOf, data, evaluate, openCalibration, SUBJECTS, TRAINING_LOAD } from './subjects.mjs';

const LOG = new URL('recovery.jsonl', import.meta.url);
const PAGE = new URL('recovery.md', import.meta.url);

/** The classifiers, and how many epochs fine-tuning, distillation and the uncut baseline get. */
const CLASSIFIERS = { resnet20: 8, 'pcb-simple-cnn': 4, resnet56: 3, 'pcb-mobilenetv2': 2 };
/** Fractions of the MACs that stay. */
const LEVELS = [0.7, 0.5];
/** What is cut by; lines of the log without a ranking are global. */
const CUTS = ['local', 'global'].flatMap((ranking) =>
  ['fscl-active', 'fscl'].map((criterion) => ({ criterion, ranking })),
);
const METHODS = ['none', 'recalibrate', 'reconstruct', 'finetune', 'distil'];
const DETECTOR = {
  model: 'yolov5n',
  how: { criterion: 'fscl-active', ranking: 'local' },
  macs: 0.8,
};
/** How the detector is distilled: the best of a start and four looks at held-out training pictures. */
const DISTILLATION = {
  optimizer: { name: 'adamw' },
  rate: 5e-5,
  weightDecay: 0,
  warmUp: 0.1,
  averageDecay: 0.95,
  budget: { steps: 96 },
  evaluateEvery: 24,
};
const KEY = ['model', 'criterion', 'ranking', 'macs', 'method'];

const engine = createOrtEngine();
const asked = process.argv.slice(2);
const isAsked = (model) => asked.length === 0 || asked.includes(model);
for (const [model, epochs] of Object.entries(CLASSIFIERS)) {
  if (isAsked(model)) await measureClassifier(model, epochs);
}
if (isAsked(DETECTOR.model)) await measureDetector(DETECTOR);
await writePage();

/** Every result of one classifier. Trainings start from the reconstructed cut. */
async function measureClassifier(model, epochs) {
  const subject = SUBJECTS[model];
  const analysis = await follow(analyseFile(data(`models/${model}.onnx`), { engine }));
  const judge = async (candidate) => {
    const [{ top1 }] = await evaluate(engine, [candidate], subject, 'test');
    return { top1 };
  };
  const train = (start, objective, teacher) =>
    finetune({
      engine,
      model: start,
      ...(teacher && { teacher }),
      data: {
        path: data(subject.train),
        preprocess: subject.preprocess,
        batch: 64,
        seed: 1,
        augment: augmentOf(subject),
      },
      // Judged on held-out training images, and at the end only: the test images have no part in any choice.
      evaluation: { share: 0.05 },
      evaluateEvery: Number.MAX_SAFE_INTEGER,
      objective,
      budget: { epochs },
      load: TRAINING_LOAD,
    });
  const original = analysis.file.model;
  await once({ model, criterion: '', macs: 1, method: 'none' }, async () => judge(original));
  await once({ model, criterion: '', macs: 1, method: 'finetune' }, () => timed(train(original, {}), judge));
  for (const how of CUTS) {
    for (const macs of LEVELS) {
      const row = { model, ...how, macs };
      if (await isComplete(row)) continue;
      const { cut, recover } = await prepareCut(analysis, subject, { ...how, macs });
      await once({ ...row, method: 'none' }, async () => judge(cut.model));
      await once({ ...row, method: 'recalibrate' }, () => timed(recover('recalibrate'), judge));
      let rebuilt;
      const reconstructed = async () => (rebuilt ??= await follow(recover('reconstruct')));
      await once({ ...row, method: 'reconstruct' }, () =>
        timed(
          keep(recover('reconstruct'), (done) => (rebuilt = done)),
          judge,
        ),
      );
      await once({ ...row, method: 'finetune' }, async () =>
        timed(train((await reconstructed()).model, {}), judge),
      );
      await once({ ...row, method: 'distil' }, async () =>
        timed(train((await reconstructed()).model, { labels: false }, original), judge),
      );
    }
  }
}

async function prepareCut(analysis, subject, { criterion, ranking, macs }) {
  const images = { ...(await openCalibration(engine, analysis, subject)), load: TRAINING_LOAD };
  const seen =
    criterion === 'fscl-active'
      ? { activations: await follow(measureActivations(analysis, 'amplitudes', images)) }
      : {};
  const cut = await follow(
    pruneAnalysis(analysis, { engine, criterion, ranking, macs, ...seen, verify: false }),
  );
  const mask = keepOf(analysis.traced, analysis.coupling, cut.plan);
  const { dataset } = images;
  const { preprocess } = subject;
  const recover = (method) =>
    recoverCut(analysis, mask, cut.model, { method, engine, dataset, preprocess, seed: 1 });
  return { cut, recover };
}

/** Label-free distillation of a detector; mAP of the original, the cut, its reconstruction and what distillation makes of that. */
async function measureDetector({ model, how, macs }) {
  const layout = DETECTORS[model];
  const analysis = await follow(analyseFile(data(`models/${model}.onnx`), { engine }));
  const judge = (candidate) => evaluateDetector(engine, candidate, layout);
  await once({ model, criterion: '', macs: 1, method: 'none' }, () => judge(analysis.file.model));
  const row = { model, ...how, macs };
  const methods = ['none', 'reconstruct', 'distil'];
  if (await isComplete(row, methods)) return;
  const { cut, recover } = await prepareCut(analysis, COCO, { ...how, macs });
  await once({ ...row, method: 'none' }, () => judge(cut.model));
  let rebuilt;
  await once({ ...row, method: 'reconstruct' }, () =>
    timed(
      keep(recover('reconstruct'), (done) => (rebuilt = done)),
      judge,
    ),
  );
  await once({ ...row, method: 'distil' }, async () => {
    rebuilt ??= await follow(recover('reconstruct'));
    const training = finetune({
      engine,
      model: rebuilt.model,
      teacher: analysis.file.model,
      data: { path: data(COCO.train), dataset: COCO.dataset, batch: 4, seed: 1, augment: 'flip' },
      evaluation: { share: 0.25, layout },
      objective: { labels: false },
      ...DISTILLATION,
      load: TRAINING_LOAD,
    });
    return timed(training, judge);
  });
}

/** Follows a pipeline that ends in a model, and judges the model. */
async function timed(pipeline, judge) {
  const from = performance.now();
  const { model } = await follow(pipeline);
  const seconds = (performance.now() - from) / 1000;
  return { ...(await judge(model)), seconds };
}

/** The same pipeline, its result handed to `take` as well. */
async function* keep(pipeline, take) {
  const result = yield* pipeline;
  take(result);
  return result;
}

function keyOf(row) {
  return KEY.map((field) => row[field] ?? 'global').join(' ');
}

async function once(row, measure) {
  const known = (await readLines(LOG)).some((other) => keyOf(other) === keyOf(row));
  if (known) return;
  const line = JSON.stringify({ ...row, ...(await measure()) });
  console.log(line);
  await appendFile(LOG, `${line}\n`);
}

async function isComplete(row, methods = METHODS) {
  const known = new Set((await readLines(LOG)).map(keyOf));
  return methods.every((method) => known.has(keyOf({ ...row, method })));
}

async function writePage() {
  const rows = await readLines(LOG);
  const [detectors, classifiers] = [true, false].map((is) =>
    rows.filter(({ mAP }) => (mAP !== undefined) === is),
  );
  await fillMarkers(PAGE, {
    environment: showEnvironment(await describeMachine()),
    classifiers: showClassifiers(classifiers),
    detectors: showDetectors(detectors),
  });
}

function showClassifiers(rows) {
  return [...groupBy(rows, ({ model }) => model)]
    .map(([model, own]) => {
      const at = (wanted) => own.find((row) => keyOf(row) === keyOf({ model, ...wanted }));
      const stored = at({ criterion: '', macs: 1, method: 'none' });
      const baseline = at({ criterion: '', macs: 1, method: 'finetune' });
      const lines = CUTS.flatMap((how) =>
        LEVELS.flatMap((macs) => {
          const results = METHODS.map((method) => at({ ...how, macs, method }));
          const isEmpty = results.every((result) => result === undefined);
          return isEmpty ? [] : [[how.criterion, how.ranking, showLevel(macs), ...results.map(showResult)]];
        }),
      );
      const head = `As stored ${showResult(stored)}; fine-tuned with the same data and budget (${CLASSIFIERS[model]} epochs), the baseline: ${showResult(baseline)}.`;
      return `### ${model}\n\n${head}\n\n${table(['criterion', 'ranking', 'MACs', ...METHODS], lines)}`;
    })
    .join('\n\n');
}

function showResult(row) {
  if (row === undefined) return 'not measured yet';
  return row.seconds === undefined
    ? showShare(row.top1)
    : `${showShare(row.top1)} (${row.seconds.toFixed(0)} s)`;
}

function showDetectors(rows) {
  const lines = rows.map(({ model, criterion, ranking = 'global', macs, method, mAP50, mAP, seconds }) => [
    model,
    criterion === '' ? 'original' : criterion,
    criterion === '' ? '' : ranking,
    criterion === '' ? '' : showLevel(macs),
    method,
    showShare(mAP50),
    showShare(mAP),
    seconds === undefined ? '' : seconds.toFixed(0),
  ]);
  return table(['model', 'criterion', 'ranking', 'MACs', 'method', 'mAP50', 'mAP50-95', 'seconds'], lines);
}
