// What accuracy is left at a latency: plans made for the latency of this machine beside plans made for MACs that are as fast, before and after the same
// recovery. `node experiments/latency.mjs [MODEL ...]` (default: all) measures what latency.jsonl does not hold yet and writes the tables of
// latency.md; delete lines (and the runs in runs/experiments) to measure them anew. Needs ../shared/data and the build. About two hours on a quiet machine.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  createRandom,
  historyGroups,
  keepOf,
  PLAN_VERSION,
  prepareLimits,
  summariseRounds,
  worthByCurves,
  worthByScores,
} from '@espalier/core';
import {
  analyseFile,
  chooseForLatency,
  chooseMetrics,
  createLocalDevice,
  createOrtEngine,
  cutAndProve,
  describeMachine,
  follow,
  measureSensitivity,
  openDataset,
  openEvaluation,
  pruneAnalysis,
  pruneForLatency,
  readModel,
  readProbeImages,
  recoverCut,
  runSearch,
  scoreAnalysis,
  timeSessions,
  toDeviceModel,
  writeModel,
} from '@espalier/node';
import { openRun, trainingOf } from './classifiers.mjs';
import { COCO, DETECTORS, evaluateDetector } from './detectors.mjs';
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
/** Detectors have less to spare: at a milder target there is something left of their plans to compare. */
const TARGETS = { classifiers: [0.7, 0.5], detectors: [0.85, 0.7, 0.5] };
/** Plans that ask for MACs, as papers and peers make them. */
const BY_MACS = {
  'uniform l1': { criterion: 'l1', ranking: 'local' },
  'global fscl': { criterion: 'fscl', ranking: 'global' },
  'global fscl, widths of 16': { criterion: 'fscl', ranking: 'global', roundTo: 16 },
};
/** Plans that ask for the latency itself. */
const FOR_LATENCY = {
  'latency, by curves': (analysis, fraction, subject, model) =>
    subject.layout ? chooseByCurves(analysis, fraction, subject) : search(analysis, fraction, subject, model),
  'latency, by scores': choose,
};
/** What they score channels by: pictures are at hand. */
const CRITERION = 'fscl-active';
/** As the command line does for a latency. */
const LIMITS = { branches: true };
/** When the metric is read of a cut. */
const STAGES = ['the cut', 'reconstructed'];
const PLANS = [...Object.keys(FOR_LATENCY), ...Object.keys(BY_MACS)];
/** Groups are looked at through this many images (pictures, of detectors), and a search may lose what it must. */
const PROBES = { images: 600, pictures: 24 };
const SEARCH = { maxDrop: 0.99, confidence: 0.5, iterations: 12 };
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
let curves;
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
  for (const fraction of targetsOf(subject)) {
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
  const folder = await openRun(`latency-${model}-${fraction}`);
  try {
    const { steps, reason } = await watch(
      model,
      runSearch({
        ...{ engine, model: analysis.file.path, folder, load: TRAINING_LOAD, ...SEARCH },
        target: { measure: 'latency', kept: fraction },
        latency: aim(),
        scoring: { criterion: CRITERION },
        limits: LIMITS,
        sensitivity: { limit: PROBES.images },
        training: await trainingOf(subject, SEED),
        recovery: { method: 'reconstruct' },
        settings: { ...SEARCH, ...PROBES, ...LIMITS, fraction },
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

/** The first choice of such a search, taken all the way to the target: what the curves of the original say. */
async function chooseByCurves(analysis, fraction, subject) {
  const { traced, coupling } = analysis;
  const { scores, sensitivity } = await curvesOf(analysis, subject);
  const limiter = prepareLimits(traced, coupling, scores, LIMITS);
  const worth = worthByCurves(sensitivity, worthByScores(analysis, scores, limiter));
  const options = { engine, scores, limiter, worth, target: { fraction }, ...aim() };
  const { keep } = await follow(chooseForLatency(analysis, options));
  return follow(cutAndProve(analysis, keep, undefined, { engine, verify: false }));
}

/** Scores and curves of a detector, measured once for all its targets. */
async function curvesOf(analysis, subject) {
  if (curves?.analysis === analysis) return curves;
  const dataset = await openDataset(data(subject.train), subject.dataset);
  const open = await openEvaluation({ engine, models: [analysis.file.model], dataset });
  try {
    const { preprocess } = open;
    const calibration = { engine, dataset, preprocess };
    const scores = await follow(scoreAnalysis(analysis, { criterion: CRITERION, calibration }));
    const wishes = { dataset, preprocess, limit: PROBES.pictures, seed: SEED };
    const images = await readProbeImages(open.sessions[0], wishes);
    const metrics = chooseMetrics(open, { layout: subject.layout });
    const options = { engine, scores, images, metrics, limits: LIMITS, load: TRAINING_LOAD };
    const sensitivity = await watch(subject.layout, measureSensitivity(analysis, options));
    curves = { analysis, scores, sensitivity };
    return curves;
  } finally {
    await open.close();
  }
}

/** The plan of `espalier prune --latency`. */
async function choose(analysis, fraction, subject) {
  const calibration = await openCalibration(engine, analysis, subject);
  const scoring = { criterion: CRITERION, calibration };
  try {
    const options = { engine, target: { fraction }, verify: false, ...scoring, ...LIMITS, ...aim() };
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

/** The metric of the cut, and after reconstruction. */
async function recover(analysis, subject, { model, plan }, judge, name) {
  const { preprocess } = subject;
  const { dataset } = await openCalibration(engine, analysis, subject);
  const mask = keepOf(analysis.traced, analysis.coupling, plan);
  const options = { method: 'reconstruct', engine, dataset, preprocess, seed: SEED };
  const { model: rebuilt } = await watch(name, recoverCut(analysis, mask, model, options));
  return { 'the cut': await judge(model), reconstructed: await judge(rebuilt) };
}

function targetsOf({ layout }) {
  return TARGETS[layout ? 'detectors' : 'classifiers'];
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
  const timed = rows.find(({ plan }) => plan === 'time')?.latencies ?? [];
  const lines = targetsOf(MODELS[model]).flatMap((fraction) =>
    PLANS.flatMap((plan) => {
      const is = (each) => each.plan === plan && each.fraction === fraction;
      const row = rows.find(is);
      return row ? [showRow(row, timed.find(is)?.latency)] : [];
    }),
  );
  const head = ['target', 'plan', 'measured', '95 % interval', 'MACs', 'efficiency', ...STAGES];
  const original = rows.find(({ plan }) => plan === 'original');
  return `${MODELS[model].layout ? 'mAP50-95' : 'Top-1'} of the original: ${showShare(original['the cut'])}.\n\n${table(head, lines)}`;
}

function showRow({ fraction, plan, macs, unreachable, ...row }, latency) {
  if (unreachable) return [fraction, plan, unreachable, '', '', '', ...STAGES.map(() => '')];
  return [
    ...[fraction, plan],
    ...(latency
      ? [showShare(latency.value), latency.interval.map(showShare).join(' to ')]
      : ['not measured yet', '']),
    ...[showShare(macs), latency ? (macs / latency.value).toFixed(2) : ''],
    ...STAGES.map((stage) => showShare(row[stage])),
  ];
}
