// How much faster the inspection models get on this machine when half a point of accuracy may be lost: natively, and as WebAssembly.
// `node experiments/inspection.mjs [MODEL ...]` (default: both) measures what inspection.jsonl does not hold yet and writes the tables of
// inspection.md; delete lines to measure them anew. Needs ../shared/data and the build. About an hour on two quiet cores; times want a quiet machine.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  createClassificationMetric,
  createGroupedMetric,
  createRandom,
  EspalierError,
  measureDrop,
} from '@espalier/core';
import {
  createOrtEngine,
  evaluateModels,
  follow,
  makeFeeds,
  measureLatency,
  openDataset,
  openEvaluation,
  readModel,
  writeModel,
} from '@espalier/node';
import { cutClassifier, keptOf, openClassifier, rebuild, train } from './classifiers.mjs';
import { fillPage } from './inspection-page.mjs';
import { openLog } from './log.mjs';
import { data, TRAINING_LOAD } from './subjects.mjs';
import { createWasmEngine, WASM } from './wasm-engine.mjs';

/** Epochs of fine-tuning. */
const MODELS = { 'pcb-simple-cnn': 4, 'pcb-mobilenetv2': 2 };
const CRITERION = 'fscl-active';
/** Every combination is tried: how channels compete, multiples that widths are rounded to, fractions of the MACs that stay. */
const CANDIDATES = ['local', 'global'].flatMap((ranking) =>
  [1, 8, 16].flatMap((roundTo) => [0.7, 0.5, 0.35, 0.25].map((macs) => ({ ranking, roundTo, macs }))),
);
/** What may be lost, and beyond which loss training is not tried. */
const LOSS = { most: 0.005, hopeless: 0.1 };
const SEED = 1;
const FOLDER = new URL('../runs/experiments/inspection/', import.meta.url);

const engine = createOrtEngine();
const ENGINES = {
  native: { engine, provider: 'cpu' },
  [WASM]: { engine: createWasmEngine(), provider: WASM },
};
const log = openLog(new URL('inspection.jsonl', import.meta.url), [
  'kind',
  'model',
  'ranking',
  'roundTo',
  'macs',
  'engine',
]);
const asked = process.argv.slice(2);
await mkdir(FOLDER, { recursive: true });
for (const model of Object.keys(MODELS)) {
  if (asked.length === 0 || asked.includes(model)) await measureModel(model);
}
await fillPage(await log.rows(), Object.keys(MODELS), LOSS.most);

async function measureModel(model) {
  const classifier = await openClassifier(engine, model);
  const original = await log.once({ kind: 'original', model }, () =>
    readAccuracy(classifier, classifier.original),
  );
  const rows = [];
  for (const candidate of CANDIDATES) {
    const key = { kind: 'reconstructed', model, ...candidate };
    const row = await log.once(key, () => reconstruct(classifier, candidate, original));
    if (row.drop !== undefined) rows.push(row);
  }
  for (const name of Object.keys(ENGINES)) {
    const key = { kind: 'speed', model, engine: name };
    const { models } = await log.once(key, () => time(classifier, rows, name));
    const winner = await climb(classifier, rows, models, original);
    if (winner) {
      await log.once({ ...key, ...winner.candidate, kind: 'winner' }, async () => {
        // Chosen by one measurement, told by another.
        const again = await time(classifier, [winner.row], name);
        return { stage: winner.row.kind, ...again.models[0] };
      });
    }
  }
}

/** A cut, fitted again without labels and kept as a file; nothing where rounding forbids to go so far. */
async function reconstruct(classifier, candidate, original) {
  try {
    const cut = await cutClassifier(classifier, { criterion: CRITERION, ...candidate, seed: SEED });
    const model = await rebuild(classifier, cut, SEED);
    await writeModel(pathOf(classifier, candidate), model, { force: true });
    const { macs: kept, params } = keptOf(cut);
    return { kept, params, ...(await compare(classifier, model, original)) };
  } catch (error) {
    if (!(error instanceof EspalierError) || error.kind !== 'target') throw error;
    return { reason: error.message };
  }
}

/**
 * The fastest candidate that loses no more than it may, fine-tuned where reconstruction alone is not enough: faster ones have all been trained in
 * vain, or had lost too much to try.
 */
async function climb(classifier, rows, times, original) {
  const ordered = rows
    .map((row, i) => ({ row, speedup: times[i].speedup.value }))
    .filter(({ speedup }) => speedup > 1)
    .sort((a, b) => b.speedup - a.speedup);
  for (const { row } of ordered) {
    const { ranking, roundTo, macs } = row;
    const candidate = { ranking, roundTo, macs };
    if (row.drop.value <= LOSS.most) return { row, candidate };
    if (row.drop.value > LOSS.hopeless) continue;
    const key = { kind: 'trained', model: classifier.name, ...candidate };
    const trained = await log.once(key, async () => {
      const { model: start } = await readModel(pathOf(classifier, candidate));
      const epochs = MODELS[classifier.name];
      const model = await train(classifier, start, { seed: SEED, epochs });
      await writeModel(pathOf(classifier, candidate, 'trained'), model, { force: true });
      return { epochs, ...(await compare(classifier, model, original)) };
    });
    if (trained.drop.value <= LOSS.most) return { row: trained, candidate };
  }
  return undefined;
}

/** Every candidate against the original on one engine, batch 1, one thread, all in turn. */
async function time(classifier, rows, name) {
  const { engine: own, provider } = ENGINES[name];
  const subjects = [{ name: 'original', model: classifier.original }];
  for (const row of rows) {
    const { model } = await readModel(pathOf(classifier, row, row.kind));
    subjects.push({ name: nameOf(row), model });
  }
  const options = { provider, threads: 1, random: createRandom(SEED), minRounds: 30, minSeconds: 1 };
  const feeds = makeFeeds(classifier.analysis.traced, 1);
  for await (const event of measureLatency(own, subjects, feeds, options)) {
    if (event.type === 'warning') console.error(event.message);
    if (event.type !== 'measured') continue;
    const [original, ...models] = event.report.models.map(({ name: subject, medianMs, speedup }) => ({
      ...{ name: subject, medianMs, speedup },
    }));
    return { original, models, warnings: event.report.warnings };
  }
}

async function compare(classifier, model, original) {
  const { top1, reading } = await readAccuracy(classifier, model);
  const { value, interval } = measureDrop(original.reading, reading, true);
  return { top1, drop: { value, interval } };
}

/** Top-1 on all test images, and what tells its error. */
async function readAccuracy({ subject }, model) {
  const dataset = await openDataset(data(subject.test));
  const { preprocess: text } = subject;
  const load = TRAINING_LOAD;
  const open = await openEvaluation({ engine, models: [model], dataset, preprocess: text, load });
  try {
    const metric = createGroupedMetric(createClassificationMetric);
    const subjects = [{ session: open.sessions[0], metrics: [metric], agreement: [] }];
    await follow(evaluateModels(subjects, { dataset, preprocess: open.preprocess, batch: 16 }));
    return { top1: metric.result().top1, reading: metric.reading() };
  } finally {
    await open.close();
  }
}

function nameOf({ ranking, roundTo, macs }) {
  return `${ranking} ${roundTo} ${macs}`;
}

function pathOf({ name }, candidate, kind = 'reconstructed') {
  const file = [name, ...nameOf(candidate).split(' '), kind].join('-');
  return fileURLToPath(new URL(`${file}.onnx`, FOLDER));
}
