// What analysing and cutting a model costs, beside copying its file and running it once: `npm run bench -- analysis [MODEL.onnx ...]`, by
// default the largest shared models. Files that hold no weights (onnx-light makes them in the graph) are measured as structure only.
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  analyseCoupling,
  choosePlan,
  computeImportance,
  createCostModel,
  cutModel,
  decodeModel,
  encodeModel,
  makePlan,
  traceModel,
  verifyCut,
  weightsOf,
} from '@espalier/core';
import {
  createOrtEngine,
  createTilePool,
  describeMachine,
  findDisturbances,
  makeFeeds,
  readModel,
} from '@espalier/node';
import { findModels } from './lib/find-models.mjs';
import { measureSteps } from './lib/measure-steps.mjs';

const MODELS = [
  ...['vgg16', 'yolov8n', 'pcb-mobilenetv2', 'yolov5n', 'resnet56', 'nanodet-m'],
  ...['resnet50', 'densenet121', 'vgg19', 'inception_v2'].map((name) => `onnx-light/light_${name}`),
];
/** Fraction of the MACs that the cut keeps. */
const MACS = 0.6;
/**
 * The most that coupling may take in milliseconds, and decoding and encoding in times of reading and writing the file. A file without
 * weights is all structure: to parse it takes longer than to read it, whoever parses, so the codec is judged where there are weights.
 */
const BARS = { couple: 50, decodeToRead: 3, encodeToWrite: 3 };
/** The way from a file to a smaller file; FSCL in its L2 form. */
const WAY = ['read', 'decode', 'trace', 'couple', 'fsclL2', 'plan', 'cut', 'encodeCut', 'writeCut'];

const machine = await describeMachine();
const warnings = findDisturbances(machine);
for (const warning of warnings) console.error(warning);
const engine = createOrtEngine();
const pool = createTilePool();
const folder = await mkdtemp(join(tmpdir(), 'espalier-bench-'));
const results = [];
try {
  for (const { name, path } of findModels(MODELS)) {
    const result = { name, ...(await measureModel(path)) };
    describe(result);
    results.push(result);
  }
} finally {
  await pool.close();
  await rm(folder, { recursive: true });
}
const { cpu, onnxruntime } = machine;
console.log(
  JSON.stringify({ bench: 'analysis', macs: MACS, bars: BARS, cpu, onnxruntime, warnings, results }),
);

async function measureModel(path) {
  const { model, bytes } = await readModel(path);
  const traced = await traceModel(model, engine);
  const coupling = analyseCoupling(traced);
  const cost = createCostModel(traced, coupling);
  const { params } = cost.original;
  const cut = bytes < params ? undefined : await prepareCut(traced, coupling, cost);
  const file = await fileSteps(path, model, cut?.pruned);
  const session = await engine.load(model);
  const feeds = makeFeeds(traced, 1);
  const ms = {
    ...(await measureSteps(file, { rounds: 51 })),
    ...(await measureSteps({
      trace: () => traceModel(model, engine),
      couple: () => analyseCoupling(traced),
      ...cut?.steps,
      run: () => session.run(feeds),
    })),
  };
  await session.close();
  const whole = cut && WAY.reduce((sum, step) => sum + ms[step], 0);
  const ratios = {
    decodeToRead: ms.decode / ms.read,
    encodeToWrite: ms.encode / ms.write,
    ...(cut && {
      encodeCutToWriteCut: ms.encodeCut / ms.writeCut,
      wholeToCopy: whole / ms.copy,
      wholeToRun: whole / ms.run,
    }),
  };
  const judged = cut ? Object.keys(BARS) : ['couple'];
  const missed = judged.filter((bar) => (ms[bar] ?? ratios[bar]) > BARS[bar]);
  return { bytes, nodes: traced.nodes.length, params, ms, ...(cut && { wholeMs: whole }), ratios, missed };
}

/** The codec beside the file system, in the same rounds; the file is in the page cache. */
async function fileSteps(path, model, pruned) {
  const target = join(folder, 'written.onnx');
  const bytes = await readFile(path);
  const cutBytes = pruned && encodeModel(pruned);
  return {
    read: () => readFile(path),
    decode: () => decodeModel(bytes),
    write: () => writeFile(target, bytes),
    encode: () => encodeModel(model),
    ...(pruned && { writeCut: () => writeFile(target, cutBytes), encodeCut: () => encodeModel(pruned) }),
    copy: () => copyFile(path, target),
  };
}

/** The steps from scores to a proven cut, and the model they give. */
async function prepareCut(traced, coupling, cost) {
  const score = (options) => computeImportance(coupling, weightsOf(traced), 'fscl', options);
  const scores = await score({ norm: 'l2' });
  const { keep } = choosePlan(traced, coupling, cost, scores, { macs: MACS });
  const { cuts } = makePlan(traced, coupling, keep);
  const pruned = await cutModel(traced, coupling, keep, engine);
  const verify = () => verifyCut(traced, coupling, keep, cuts, pruned, engine);
  const { verdict } = await verify();
  if (verdict === 'failed') throw new Error('The cut is wrong, its times mean nothing.');
  return {
    pruned,
    steps: {
      fsclL2: () => score({ norm: 'l2' }),
      fsclL1: () => score({ norm: 'l1', runner: pool }),
      plan: () => choosePlan(traced, coupling, createCostModel(traced, coupling), scores, { macs: MACS }),
      cut: () => cutModel(traced, coupling, keep, engine),
      verify,
    },
  };
}

function describe({ name, bytes, nodes, ms, wholeMs, ratios, missed }) {
  const times = Object.entries(ms).map(([step, value]) => `${step} ${show(value)}`);
  const shares = Object.entries(ratios).map(([ratio, value]) => `${ratio} ${value.toFixed(2)}`);
  console.log(`${name}: ${(bytes / 1e6).toFixed(2)} MB, ${nodes} nodes`);
  console.log(`  milliseconds: ${times.join(', ')}`);
  if (wholeMs !== undefined) console.log(`  from file to smaller file: ${show(wholeMs)} ms`);
  console.log(`  ratios: ${shares.join(', ')}`);
  if (missed.length > 0) console.log(`  missed: ${missed.join(', ')}`);
}

function show(ms) {
  return ms < 10 ? ms.toPrecision(2) : ms.toFixed(0);
}
