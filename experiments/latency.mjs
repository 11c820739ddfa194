// What accuracy is left at a latency: plans made for the latency of this machine beside plans made for MACs that are as fast, before and after the same
// recovery. `node experiments/latency.mjs [MODEL ...]` (default: all) measures what latency.jsonl does not hold yet and writes the tables of
// latency.md; delete lines to measure them anew. Needs ../shared/data and the build. About 40 minutes on a quiet machine.
import { createRandom, keepOf, summariseRounds } from '@espalier/core';
import {
  analyseFile,
  createLocalDevice,
  createOrtEngine,
  describeMachine,
  follow,
  pruneAnalysis,
  pruneForLatency,
  recoverCut,
  timeSessions,
  toDeviceModel,
} from '@espalier/node';
import { openLog } from './log.mjs';
import { fillMarkers, showEnvironment, showShare, table } from './page.mjs';
import { data, evaluate, evaluateDetector, openCalibration, SUBJECTS } from './subjects.mjs';

const PAGE = new URL('latency.md', import.meta.url);
const COCO = { train: 'coco/dataset.yaml', dataset: { split: 'train' } };
const MODELS = {
  resnet56: SUBJECTS.resnet56,
  'pcb-mobilenetv2': SUBJECTS['pcb-mobilenetv2'],
  yolov5n: { ...COCO, layout: 'yolov5' },
  yolov8n: { ...COCO, layout: 'yolov8' },
};
const TARGETS = [0.7, 0.5];
/** Plans that ask for MACs, as papers and peers make them. */
const BY_MACS = {
  'uniform l1': { criterion: 'l1', ranking: 'local' },
  'global fscl': { criterion: 'fscl', ranking: 'global' },
  'global fscl, widths of 16': { criterion: 'fscl', ranking: 'global', roundTo: 16 },
};
const OURS = 'latency';
/** One thread: the other cores of the machine may be busy. */
const THREADS = 1;
/** Sessions of each model: they differ by where their memory comes to lie. */
const SESSIONS = 3;
const LOAD = { threads: 2 };
/** Halvings when looking for the MACs that make a plan as fast as the target. */
const HALVINGS = 6;

const engine = createOrtEngine();
const device = await createLocalDevice({ engine, threads: THREADS });
let known;
const log = openLog(new URL('latency.jsonl', import.meta.url), ['model', 'fraction', 'plan']);
const asked = process.argv.slice(2);
for (const [model, subject] of Object.entries(MODELS)) {
  if (asked.length === 0 || asked.includes(model)) await measureModel(model, subject);
}
await writePage();

/** Every plan for every target of one model; the original first. */
async function measureModel(model, subject) {
  const analysis = await follow(analyseFile(data(`models/${model}.onnx`), { engine }));
  const judge = async (candidate) => {
    if (subject.layout) return (await evaluateDetector(engine, candidate, subject.layout, LOAD)).mAP;
    return (await evaluate(engine, [candidate], subject, 'test', undefined, LOAD))[0].top1;
  };
  await log.once({ model, plan: 'original' }, async () => ({ before: await judge(analysis.file.model) }));
  for (const fraction of TARGETS) {
    for (const plan of [OURS, ...Object.keys(BY_MACS)]) {
      await log.once({ model, fraction, plan }, async () => {
        const cut =
          plan === OURS
            ? await cutForLatency(analysis, fraction)
            : await cutByMacs(analysis, fraction, BY_MACS[plan]);
        if (!cut.pruning) return cut;
        return {
          ...(await describe(analysis, cut.pruning)),
          ...(await recover(analysis, subject, cut.pruning, judge)),
        };
      });
    }
  }
}

async function cutForLatency(analysis, fraction) {
  try {
    const options = { engine, device, target: { fraction }, table: known, verify: false };
    const pruning = await follow(pruneForLatency(analysis, options));
    known = pruning.latency.table;
    return { pruning };
  } catch (error) {
    if (error.code === 'latency.unreachable') return { unreachable: error.message };
    throw error;
  }
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
  return best ? { pruning: best } : { unreachable: 'No cut by MACs was as fast.' };
}

/** Latency as a fraction of the original's, both measured in turns. */
async function measure({ file, traced }, model, timing = { minRounds: 12, minSeconds: 0.2 }) {
  const models = [file.model, model].map((each, at) => toDeviceModel(String(at), each, traced));
  const { times } = await timeSessions(device, models, SESSIONS, timing);
  const [, { speedup }] = summariseRounds(times, createRandom(1));
  return { value: 1 / speedup.value, interval: [1 / speedup.interval[1], 1 / speedup.interval[0]] };
}

async function describe(analysis, { model, before, after }) {
  const latency = await measure(analysis, model, { minRounds: 20, minSeconds: 0.7 });
  return { macs: after.macs / before.macs, params: after.params / before.params, latency };
}

/** The metric of the cut, and after reconstruction. */
async function recover(analysis, subject, { model, plan }, judge) {
  const { dataset } = await openCalibration(engine, analysis, subject);
  const { preprocess } = subject;
  const mask = keepOf(analysis.traced, analysis.coupling, plan);
  const options = { method: 'reconstruct', engine, dataset, preprocess, seed: 1 };
  const before = await judge(model);
  const { model: rebuilt } = await follow(recoverCut(analysis, mask, model, options));
  return { before, after: await judge(rebuilt) };
}

async function writePage() {
  const rows = await log.rows();
  const sections = Object.keys(MODELS).flatMap((model) => {
    const own = rows.filter((row) => row.model === model);
    const original = own.find(({ plan }) => plan === 'original');
    if (!original) return [];
    const lines = TARGETS.flatMap((fraction) =>
      [OURS, ...Object.keys(BY_MACS)].flatMap((plan) => {
        const row = own.find((each) => each.plan === plan && each.fraction === fraction);
        return row ? [showRow(row)] : [];
      }),
    );
    const head = [
      'target',
      'plan',
      'measured',
      '95 % interval',
      'MACs',
      'efficiency',
      'the cut',
      'reconstructed',
    ];
    return [
      `### ${model}\n\n${MODELS[model].layout ? 'mAP50-95' : 'Top-1'} of the original: ${showShare(original.before)}.\n\n${table(head, lines)}`,
    ];
  });
  await fillMarkers(PAGE, {
    environment: showEnvironment(await describeMachine()),
    plans: sections.join('\n\n'),
  });
}

function showRow({ fraction, plan, latency, macs, before, after, unreachable }) {
  if (unreachable) return [fraction, plan, unreachable, '', '', '', '', ''];
  const interval = latency.interval.map(showShare).join(' to ');
  const efficiency = (macs / latency.value).toFixed(2);
  return [
    fraction,
    plan,
    showShare(latency.value),
    interval,
    showShare(macs),
    efficiency,
    showShare(before),
    showShare(after),
  ];
}
