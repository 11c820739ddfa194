// Whether a latency that is asked for is met, and how much of what is removed becomes speed: cuts models to 0.7 and 0.5 of their latency on this
// machine and measures them beside the originals and beside cuts to 0.7 and 0.5 of the MACs: `npm run bench -- latency-target [MODEL.onnx ...]`.
// Efficiency is speed-up over reduction of the MACs: 1 where every operation that is removed saves its time. What the device allows of it at that latency
// is shown by a third plan, whose widths are chosen to keep many MACs (by what each group has of them), whatever that does to the accuracy.
import { createRandom, cutGroups, prepareLimits, summariseRounds } from '@espalier/core';
import {
  analyseFile,
  chooseForLatency,
  createLocalDevice,
  createOrtEngine,
  cutAndProve,
  follow,
  pruneAnalysis,
  pruneForLatency,
  scoreAnalysis,
  timeSessions,
  toDeviceModel,
} from '@espalier/node';
import { findModels } from './lib/find-models.mjs';

const MODELS = ['resnet56', 'yolov5n', 'yolov8n', 'pcb-mobilenetv2'];
const TARGETS = [0.7, 0.5];
/** As the command line does for a latency. */
const LIMITS = { branches: true };
/** One thread: the other cores of the machine may be busy. */
const THREADS = 1;
/** Sessions of each model: they differ by where their memory comes to lie. */
const SESSIONS = 3;

const engine = createOrtEngine();
const device = await createLocalDevice({ engine, threads: THREADS });
let table;
const results = [];
for (const { name, path } of findModels(MODELS)) {
  const analysis = await follow(analyseFile(path, { engine }));
  const cuts = [];
  for (const target of TARGETS) {
    const byMacs = await follow(pruneAnalysis(analysis, { engine, macs: target, verify: false }));
    cuts.push({ target, plan: 'macs', ...facts(byMacs) });
    for (const [plan, prune] of Object.entries({ latency: pruneFor, 'many macs': keepMany })) {
      try {
        const { latency, ...cut } = await prune(analysis, { fraction: target });
        ({ table } = latency);
        if (cut.verification?.verdict === 'failed') throw new Error(`The cut of ${path} is wrong.`);
        cuts.push({ target, plan, ...facts(cut), tries: latency.tries.length });
      } catch (error) {
        if (error.code !== 'latency.unreachable') throw error;
        cuts.push({ target, plan, unreachable: error.message });
      }
    }
  }
  if (table) console.log(`${name}: stairs ${JSON.stringify(table.stairs)}`);
  for (const result of await measure(analysis, cuts)) {
    const row = { model: name, threads: THREADS, ...result };
    describe(row);
    results.push(row);
  }
}
const { processor, runtime } = device.description;
console.log(JSON.stringify({ bench: 'latency-target', processor, runtime, results }));

/** The product's plan. */
async function pruneFor(analysis, target) {
  return follow(pruneForLatency(analysis, { engine, device, target, table, ...LIMITS }));
}

/** A plan whose widths are worth the MACs that stay when their group alone is cut. */
async function keepMany(analysis, target) {
  const { traced, coupling, cost } = analysis;
  const scores = await follow(scoreAnalysis(analysis, {}));
  const limiter = prepareLimits(traced, coupling, scores, LIMITS);
  const worth = ({ group }, rate) =>
    cost.totals(cutGroups(coupling, scores, limiter, new Map([[group, rate]]))).macs;
  const options = { engine, device, target, table, scores, limiter, worth };
  const { keep, outcome } = await follow(chooseForLatency(analysis, options));
  const cut = await follow(cutAndProve(analysis, keep, undefined, { engine, verify: false }));
  return { ...cut, latency: outcome };
}

function facts({ model, before, after, verification }) {
  return { model, macs: after.macs / before.macs, proof: verification?.verdict };
}

/** All cuts beside the original, in one interleaved measurement. */
async function measure({ file, traced }, cuts) {
  const made = cuts.filter(({ model }) => model);
  const models = [file.model, ...made.map(({ model }) => model)].map((model, at) =>
    toDeviceModel(String(at), model, traced),
  );
  const { times } = await timeSessions(device, models, SESSIONS, { minRounds: 20, minSeconds: 0.7 });
  const [original, ...latencies] = summariseRounds(times, createRandom(1));
  return cuts.map(({ model, target: fraction, ...cut }) => {
    const target = fraction * original.medianMs.value;
    const latency = latencies[made.findIndex((each) => each.model === model)];
    if (!latency) return { fraction, target, ...cut };
    const { medianMs, speedup } = latency;
    return {
      fraction,
      target,
      measured: medianMs.value,
      ...cut,
      speedup,
      efficiency: speedup.value * cut.macs,
    };
  });
}

function describe({ model, fraction, plan, target, measured, macs, speedup, efficiency, unreachable }) {
  const head = `${model} ${plan} ${fraction}`;
  if (unreachable) console.log(`${head}: ${unreachable}`);
  else {
    const interval = speedup.interval.map((value) => value.toFixed(2)).join(' to ');
    console.log(
      `${head}: ${measured.toFixed(3)} ms of ${target.toFixed(3)} ms asked, ${macs.toFixed(3)} of the MACs, ` +
        `${speedup.value.toFixed(2)}x as fast (${interval}), efficiency ${efficiency.toFixed(2)}`,
    );
  }
}
