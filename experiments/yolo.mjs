// The iterative search on detectors without a framework, against cuts in one go that keep as many MACs: mAP, cost and measured time of every step.
// `node experiments/yolo.mjs [MODEL ...]` (default: both) measures what yolo.jsonl does not hold yet and writes the tables of yolo.md; delete lines
// (and the run in runs/experiments) to measure them anew. Needs ../shared/data and the build. About 90 minutes on two quiet cores.
import { join } from 'node:path';
import { createRandom, keepOf } from '@espalier/core';
import {
  analyseFile,
  createOrtEngine,
  describeMachine,
  follow,
  makeFeeds,
  measureLatency,
  pruneAnalysis,
  readModel,
  recoverCut,
  runSearch,
  writeModel,
} from '@espalier/node';
import { openRun } from './classifiers.mjs';
import { COCO, DETECTORS, DISTILLATION, distil, evaluateDetector, picturesOf } from './detectors.mjs';
import { openLog } from './log.mjs';
import { fillMarkers, showEnvironment, showShare, table } from './page.mjs';
import { data, openCalibration, TRAINING_LOAD } from './subjects.mjs';
import { watch } from './watch.mjs';

const PAGE = new URL('yolo.md', import.meta.url);
const CRITERION = 'fscl-active';
/** What the search may do: few groups at a time, as the paper cuts 11 of 89, so that several steps lead to the goal. */
const SEARCH = {
  ...{ kept: 0.6, maxDrop: 0.2, iterations: 6, counts: { params: 2, macs: 4 } },
  ...{ rates: [0.25, 0.5], probePictures: 24 },
};
const EPOCHS = { step: 1, final: 2 };
const SEED = 1;

const engine = createOrtEngine();
const log = openLog(new URL('yolo.jsonl', import.meta.url), ['model', 'cut']);
const asked = process.argv.slice(2);
for (const [model, layout] of Object.entries(DETECTORS)) {
  if (asked.length === 0 || asked.includes(model)) await measureModel(model, layout);
}
await writePage(await log.rows());

async function measureModel(model, layout) {
  const folder = await openRun(model);
  try {
    const analysis = await follow(analyseFile(data(`models/${model}.onnx`), { engine }));
    const subject = {
      model,
      layout,
      analysis,
      folder,
      judge: (some) => evaluateDetector(engine, some, layout),
    };
    await log.once({ model, cut: 'original' }, () => subject.judge(analysis.file.model));
    const found = await log.once({ model, cut: 'iterative' }, () => search(subject));
    for (const ranking of ['global', 'local']) {
      await log.once({ model, cut: ranking }, () => cutOnce(subject, ranking, found));
    }
    await log.once({ model, cut: 'time' }, () => time(subject, found.steps));
  } finally {
    folder.close();
  }
}

/** Every accepted step of the search, judged on the validation pictures. */
async function search({ model, layout, analysis, folder, judge }) {
  const { kept, rates, probePictures, ...limits } = SEARCH;
  const result = await watch(
    model,
    runSearch({
      ...{ engine, model: analysis.file.path, folder, load: TRAINING_LOAD, ...limits },
      target: { measure: 'macs', kept },
      // How far it gets is the question, not whether a step is certain to be affordable.
      confidence: 0.5,
      scoring: { criterion: CRITERION },
      sensitivity: { rates, limit: probePictures },
      training: { ...(await picturesOf(layout, SEED)), ...DISTILLATION },
      recovery: { method: 'distil', epochs: EPOCHS.step },
      finalEpochs: EPOCHS.final,
      settings: { ...SEARCH, ...DISTILLATION, ...EPOCHS },
    }),
  );
  const { macs, params } = analysis.cost.original;
  const steps = [];
  for (const { step, cost, judgement, model: path, proof } of result.steps.slice(1)) {
    const trial = result.trials.find(({ iteration, accepted }) => accepted && iteration === step - 1);
    steps.push({
      ...{ step, macs: cost.macs / macs, params: cost.params / params, heldOut: judgement.value },
      ...(proof !== null && trial && { cutAlone: trial.cutAlone.value, strength: trial.strength }),
      ...(await judge((await readModel(join(folder.path, path))).model)),
    });
  }
  const cuts = steps.filter(({ strength }) => strength !== undefined).length;
  return { steps, epochs: cuts * EPOCHS.step + EPOCHS.final, reason: result.reason };
}

/** One cut that keeps as many MACs as the search, reconstructed, then distilled for as many epochs. */
async function cutOnce({ model, layout, analysis, folder, judge }, ranking, { steps, epochs }) {
  const calibration = { ...(await openCalibration(engine, analysis, COCO)), load: TRAINING_LOAD };
  const options = { engine, criterion: CRITERION, ranking, macs: steps.at(-1).macs, calibration };
  const cut = await watch(model, pruneAnalysis(analysis, options));
  if (cut.verification.verdict === 'failed') throw new Error(`The cut of ${model} is wrong.`);
  const mask = keepOf(analysis.traced, analysis.coupling, cut.plan);
  const rebuilding = { method: 'reconstruct', engine, dataset: calibration.dataset, seed: SEED };
  const rebuilt = await watch(model, recoverCut(analysis, mask, cut.model, rebuilding));
  const teaching = { teacher: analysis.file.model, layout, seed: SEED, epochs };
  const distilled = await distil(engine, model, rebuilt.model, teaching);
  await writeModel(pathOf(folder, ranking), distilled.model, { force: true });
  const stages = { cutAlone: cut.model, reconstructed: rebuilt.model, last: distilled.last };
  const numbers = {};
  for (const [stage, candidate] of Object.entries(stages)) numbers[stage] = (await judge(candidate)).mAP;
  const kept = { macs: cut.after.macs / cut.before.macs, params: cut.after.params / cut.before.params };
  return { ...kept, ...numbers, epochs, ...(await judge(distilled.model)) };
}

/** Milliseconds of every model at batch 1 on one thread, all in turn. */
async function time({ analysis, folder }, steps) {
  const paths = [
    ...steps.map(({ step }) => [`step ${step}`, join(folder.path, folder.modelPath(`step-${step}`))]),
    ...['global', 'local'].map((ranking) => [ranking, pathOf(folder, ranking)]),
  ];
  const subjects = [{ name: 'original', model: analysis.file.model }];
  for (const [name, path] of paths) subjects.push({ name, model: (await readModel(path)).model });
  const options = { threads: 1, random: createRandom(SEED), minSeconds: 5 };
  for await (const event of measureLatency(engine, subjects, makeFeeds(analysis.traced, 1), options)) {
    if (event.type !== 'measured') continue;
    const { models, warnings } = event.report;
    return { models: models.map(({ name, medianMs, speedup }) => ({ name, medianMs, speedup })), warnings };
  }
}

function pathOf(folder, ranking) {
  return join(folder.path, folder.modelPath(`one-cut-${ranking}`));
}

async function writePage(rows) {
  const sections = Object.keys(DETECTORS).map((model) => {
    const at = (cut) => rows.find((row) => row.model === model && row.cut === cut);
    return `### ${model}\n\n${at('iterative') ? showModel(at) : 'Not measured yet.'}`;
  });
  await fillMarkers(PAGE, {
    environment: showEnvironment(await describeMachine()),
    models: sections.join('\n\n'),
  });
}

function showModel(at) {
  const timed = new Map((at('time')?.models ?? []).map((row) => [row.name, row]));
  const line = (name, title, { macs = 1, params = 1, mAP50, mAP, ...stages }) => [
    title,
    ...[macs, params].map((kept) => (kept === 1 ? '' : `−${(100 * (1 - kept)).toFixed(1)} %`)),
    [stages.cutAlone, stages.reconstructed]
      .filter((value) => value !== undefined)
      .map(showShare)
      .join(' → '),
    ...[mAP50, mAP].map(showShare),
    ...showTime(timed.get(name)),
  ];
  const { steps } = at('iterative');
  const once = ['global', 'local'].flatMap((ranking) => {
    const row = at(ranking);
    return row ? [line(ranking, `one cut, ${ranking}`, row)] : [];
  });
  const head = ['model', 'MACs', 'parameters', 'cut alone', 'mAP50', 'mAP50-95', 'ms', 'speed'];
  const lines = table(head, [
    line('original', 'original', at('original')),
    ...steps.map((row) =>
      line(`step ${row.step}`, row.strength === undefined ? 'last training' : `step ${row.step}`, row),
    ),
    ...once,
  ]);
  return `${lines}\n\n${showVerdict(steps.at(-1), { global: at('global'), local: at('local') })}`;
}

/** The end of the search against the cuts that keep as many MACs. */
function showVerdict({ mAP }, cuts) {
  const others = Object.entries(cuts)
    .filter(([, row]) => row !== undefined)
    .map(([name, row]) => {
      const lead = 100 * (mAP - row.mAP);
      return `${Math.abs(lead).toFixed(1)} points of mAP50-95 ${lead < 0 ? 'behind' : 'ahead of'} the ${name} one`;
    });
  return others.length === 0
    ? ''
    : `Against one cut of as many MACs the search ends ${others.join(' and ')}.`;
}

function showTime(row) {
  if (row === undefined) return ['', ''];
  const show = ({ value, interval: [low, high] }, digits) =>
    `${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
  return [show(row.medianMs, 1), show(row.speedup, 2)];
}
