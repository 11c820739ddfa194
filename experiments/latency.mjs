// What accuracy is left at a latency: plans made for the latency of this machine beside plans made for MACs that are as fast, before and after the same
// recovery. `node experiments/latency.mjs [MODEL ...]` (default: all) measures what latency.jsonl does not hold yet and writes the tables of
// latency.md; delete lines (and the runs in runs/experiments) to measure them anew. Needs ../shared/data and the build. About an hour on a quiet machine.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createRandom, historyGroups, keepOf, PLAN_VERSION, summariseRounds } from '@espalier/core';
import {
  analyseFile,
  createLocalDevice,
  createOrtEngine,
  cutAndProve,
  describeMachine,
  follow,
  pruneAnalysis,
  pruneForLatency,
  readModel,
  recoverCut,
  runSearch,
  timeSessions,
  toDeviceModel,
  writeModel,
} from '@espalier/node';
import { openRun, trainingOf } from './classifiers.mjs';
import { COCO, DETECTORS, distil, evaluateDetector, picturesOf } from './detectors.mjs';
import { openLog } from './log.mjs';
import { fillMarkers, showEnvironment, showShare, table } from './page.mjs';
import { data, evaluate, openCalibration, SUBJECTS, TRAINING_LOAD } from './subjects.mjs';
import { watch } from './watch.mjs';

const PAGE = new URL('latency.md', import.meta.url);
const MODELS = {
  resnet56: SUBJECTS.resnet56,
  'pcb-mobilenetv2': SUBJECTS['pcb-mobilenetv2'],
  yolov5n: { ...COCO, layout: DETECTORS.yolov5n },
  yolov8n: { ...COCO, layout: DETECTORS.yolov8n },
};
const TARGETS = [0.7, 0.5];
/** Plans that ask for MACs, as papers and peers make them. */
const BY_MACS = {
  'uniform l1': { criterion: 'l1', ranking: 'local' },
  'global fscl': { criterion: 'fscl', ranking: 'global' },
  'global fscl, widths of 16': { criterion: 'fscl', ranking: 'global', roundTo: 16 },
};
/** Plans that ask for the latency itself. */
const FOR_LATENCY = {
  'latency, by curves': search,
  'latency, by scores': choose,
};
/** As the command line does for a latency. */
const LIMITS = { branches: true };
/** When the metric is read of a cut; detectors are distilled as well. */
const STAGES = ['the cut', 'reconstructed'];
const PLANS = [...Object.keys(FOR_LATENCY), ...Object.keys(BY_MACS)];
/** The search looks at a group through this many held-out images (pictures, of detectors), and may lose what it must. */
const SEARCH = { maxDrop: 0.99, confidence: 0.5, probeImages: 600, probePictures: 24, iterations: 12 };
/** Epochs of distillation that a detector gets after reconstruction, which leaves nothing of its mAP at these speeds. */
const DISTILLED = { epochs: 4 };
const SEED = 1;
/** One thread: the other cores of the machine may be busy. */
const THREADS = 1;
/** Sessions of each model: they differ by where their memory comes to lie. */
const SESSIONS = 3;
/** Halvings when looking for the MACs that make a plan as fast as the target. */
const HALVINGS = 6;
/** Where the plans lie until all of a model are measured. */
const FOLDER = new URL('../runs/experiments/latency/', import.meta.url);

const engine = createOrtEngine();
const device = await createLocalDevice({ engine, threads: THREADS });
let known;
const log = openLog(new URL('latency.jsonl', import.meta.url), ['model', 'fraction', 'plan']);
const asked = process.argv.slice(2);
for (const [model, subject] of Object.entries(MODELS)) {
  if (asked.length === 0 || asked.includes(model)) await measureModel(model, subject);
}
await writePage();

/** Every plan for every target of one model, and then all of them on the clock. */
async function measureModel(model, subject) {
  const analysis = await follow(analyseFile(data(`models/${model}.onnx`), { engine }));
  const judge = async (candidate) => {
    if (subject.layout) return (await evaluateDetector(engine, candidate, subject.layout)).mAP;
    return (await evaluate(engine, [candidate], subject, 'test', undefined, TRAINING_LOAD))[0].top1;
  };
  await mkdir(FOLDER, { recursive: true });
  await log.once({ model, plan: 'original' }, async () => ({ 'the cut': await judge(analysis.file.model) }));
  const made = [];
  for (const fraction of TARGETS) {
    for (const plan of PLANS) {
      const row = await log.once({ model, fraction, plan }, async () => {
        const make = FOR_LATENCY[plan] ?? (() => cutByMacs(analysis, fraction, BY_MACS[plan]));
        const cut = await make(analysis, fraction, subject, model);
        if (cut.unreachable) return cut;
        await writeModel(pathOf({ model, fraction, plan }), cut.model, { force: true });
        return {
          ...{ macs: cut.after.macs / cut.before.macs, params: cut.after.params / cut.before.params },
          ...(await recover(analysis, subject, cut, judge, model)),
        };
      });
      if (!row.unreachable) made.push(row);
    }
  }
  await log.once({ model, plan: 'time' }, () => timeAll(analysis, made));
}

function pathOf({ model, fraction, plan }) {
  const name = [model, fraction, plan].join('-').replaceAll(/[^\w.]+/g, '-');
  return fileURLToPath(new URL(`${name}.onnx`, FOLDER));
}

/** The plan of `espalier run`: what its steps left of the original, as one cut of it. */
async function search(analysis, fraction, subject, model) {
  const { maxDrop, confidence, probeImages, probePictures, iterations } = SEARCH;
  const folder = await openRun(`latency-${model}-${fraction}`);
  try {
    const { steps, reason } = await watch(
      model,
      runSearch({
        ...{
          engine,
          model: analysis.file.path,
          folder,
          load: TRAINING_LOAD,
          maxDrop,
          confidence,
          iterations,
        },
        target: { measure: 'latency', kept: fraction },
        latency: aim(),
        scoring: { criterion: 'fscl' },
        limits: LIMITS,
        sensitivity: { limit: subject.layout ? probePictures : probeImages },
        training: await (subject.layout ? picturesOf(subject.layout, SEED) : trainingOf(subject, SEED)),
        recovery: { method: 'reconstruct' },
        settings: { ...SEARCH, ...LIMITS, fraction },
      }),
    );
    if (reason !== 'target') return { unreachable: `The search ended before it: ${reason}.` };
    const groups = historyGroups(steps.at(-1).history);
    const keep = keepOf(analysis.traced, analysis.coupling, { version: PLAN_VERSION, groups, cuts: [] });
    return await follow(cutAndProve(analysis, keep, undefined, { engine, verify: false }));
  } finally {
    folder.close();
  }
}

/** The plan of `espalier prune --latency`. */
async function choose(analysis, fraction) {
  try {
    const options = { engine, target: { fraction }, verify: false, ...LIMITS, ...aim() };
    return await follow(pruneForLatency(analysis, options));
  } catch (error) {
    if (error.code === 'latency.unreachable') return { unreachable: error.message };
    throw error;
  }
}

/** The device with what is known of it by now. */
function aim() {
  const onLearned = async (learned) => {
    known = learned;
  };
  return { device, onLearned, ...(known && { table: known }) };
}

/** The cut that keeps most MACs and is as fast as the target, by measuring. */
async function cutByMacs(analysis, fraction, how) {
  let [low, high] = [0.05, 1];
  let best;
  for (let round = 0; round < HALVINGS; round++) {
    const macs = (low + high) / 2;
    const pruning = await follow(pruneAnalysis(analysis, { engine, ...how, macs, verify: false })).catch(
      (error) => {
        if (error.kind === 'target') return undefined;
        throw error;
      },
    );
    if (pruning && (await measure(analysis, pruning.model)).value <= fraction) {
      best = pruning;
      low = macs;
    } else if (pruning) high = macs;
    else low = macs;
  }
  return best ?? { unreachable: 'No cut by MACs was as fast.' };
}

/** Latency as a fraction of the original's, both measured in turns. */
async function measure(analysis, model) {
  const [only] = await measureAll(analysis, [model], { minRounds: 12, minSeconds: 0.2 });
  return only;
}

/** All plans in one measurement, in turn with the original. */
async function timeAll(analysis, rows) {
  const models = [];
  for (const row of rows) models.push((await readModel(pathOf(row))).model);
  const latencies = await measureAll(analysis, models, { minRounds: 20, minSeconds: 0.7 });
  return { latencies: rows.map(({ fraction, plan }, at) => ({ fraction, plan, latency: latencies[at] })) };
}

async function measureAll({ file, traced }, cuts, timing) {
  const models = [file.model, ...cuts].map((each, at) => toDeviceModel(String(at), each, traced));
  const { times } = await timeSessions(device, models, SESSIONS, timing);
  const [, ...others] = summariseRounds(times, createRandom(1));
  return others.map(({ speedup: { value, interval } }) => ({
    value: 1 / value,
    interval: [1 / interval[1], 1 / interval[0]],
  }));
}

/** The metric of the cut, after reconstruction, and of detectors after distillation as well. */
async function recover(analysis, subject, { model, plan }, judge, name) {
  const { preprocess, layout } = subject;
  const { dataset } = await openCalibration(engine, analysis, subject);
  const mask = keepOf(analysis.traced, analysis.coupling, plan);
  const options = { method: 'reconstruct', engine, dataset, preprocess, seed: SEED };
  const { model: rebuilt } = await watch(name, recoverCut(analysis, mask, model, options));
  const found = { 'the cut': await judge(model), reconstructed: await judge(rebuilt) };
  if (!layout) return found;
  const teaching = { teacher: analysis.file.model, layout, seed: SEED, ...DISTILLED };
  try {
    const { model: distilled } = await distil(engine, name, rebuilt, teaching);
    return { ...found, distilled: await judge(distilled) };
  } catch (error) {
    if (error.code !== 'train.diverged') throw error;
    return { ...found, distilled: 'diverged' };
  }
}

async function writePage() {
  const rows = await log.rows();
  const sections = Object.keys(MODELS).map((model) => {
    const own = rows.filter((row) => row.model === model);
    return `### ${model}\n\n${own.length > 0 ? showModel(model, own) : 'Not measured yet.'}`;
  });
  await fillMarkers(PAGE, {
    environment: showEnvironment(await describeMachine()),
    plans: sections.join('\n\n'),
  });
}

function showModel(model, rows) {
  const isDetector = MODELS[model].layout !== undefined;
  const stages = isDetector ? [...STAGES, 'distilled'] : STAGES;
  const timed = rows.find(({ plan }) => plan === 'time')?.latencies ?? [];
  const lines = TARGETS.flatMap((fraction) =>
    PLANS.flatMap((plan) => {
      const is = (each) => each.plan === plan && each.fraction === fraction;
      const row = rows.find(is);
      return row ? [showRow(row, timed.find(is)?.latency, stages)] : [];
    }),
  );
  const head = ['target', 'plan', 'measured', '95 % interval', 'MACs', 'efficiency', ...stages];
  const original = rows.find(({ plan }) => plan === 'original');
  return `${isDetector ? 'mAP50-95' : 'Top-1'} of the original: ${showShare(original['the cut'])}.\n\n${table(head, lines)}`;
}

function showRow({ fraction, plan, macs, unreachable, ...row }, latency, stages) {
  if (unreachable) return [fraction, plan, unreachable, '', '', '', ...stages.map(() => '')];
  return [
    ...[fraction, plan],
    ...(latency
      ? [showShare(latency.value), latency.interval.map(showShare).join(' to ')]
      : ['not measured yet', '']),
    ...[showShare(macs), latency ? (macs / latency.value).toFixed(2) : ''],
    ...stages.map((stage) => (row[stage] === 'diverged' ? row[stage] : showShare(row[stage]))),
  ];
}
