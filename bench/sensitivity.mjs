// What the fast sensitivity analysis saves, and whether it ranks cuts as the exact one does: `npm run bench -- sensitivity [MODEL ...]
// [--images N] [--precision P] [--criterion fscl] [--threads 2] [--workers 1]`, by default the shared classifiers below, a quarter of an hour in all.
// Needs ../shared/data.
// tau is Kendall's, over the pairs of (group, rate) whose exact values are further apart than the larger of their two 95 % intervals reaches
// (bar 0.95); workRatio is the exact mode's multiply-accumulates over the fast mode's (bar 5 on 10,000 images); secondsRatio likewise.
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { kendallTau, mean } from '@espalier/core';
import {
  analyseFile,
  chooseMetrics,
  createOrtEngine,
  DEFAULT_PRECISION,
  describeMachine,
  findDisturbances,
  follow,
  measureSensitivity,
  openDataset,
  openEvaluation,
  readProbeImages,
  scoreAnalysis,
} from '@espalier/node';
import { data, SUBJECTS } from '../experiments/subjects.mjs';

const BARS = { tau: 0.95, workRatio: 5 };
/** How many images each model is judged on: as many as let all of them end in about 15 minutes on two free cores. */
const IMAGES = { resnet20: 10_000, resnet56: 2000, 'pcb-simple-cnn': 6000, 'pcb-mobilenetv2': 2000 };
/** Only by name: the exact mode alone takes as long as all the others. */
const MORE_IMAGES = { yolov5n: 128 };
const DETECTOR = { test: 'coco/dataset.yaml', options: { split: 'val' } };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string' },
    precision: { type: 'string', default: String(DEFAULT_PRECISION) },
    criterion: { type: 'string', default: 'fscl' },
    threads: { type: 'string', default: '2' },
    workers: { type: 'string', default: '1' },
  },
});
const images = { ...IMAGES, ...MORE_IMAGES };
const unknown = positionals.find((name) => !(name in images));
if (unknown !== undefined) {
  console.error(`There is no model '${unknown}'; the models are ${Object.keys(images).join(', ')}.`);
  process.exit(2);
}
const { criterion } = options;
const precision = Number(options.precision);
const load = { threads: Number(options.threads) };
const workers = Number(options.workers);
const machine = await describeMachine();
const warnings = findDisturbances(machine);
for (const warning of warnings) console.error(warning);

const engine = createOrtEngine();
const results = [];
for (const model of positionals.length > 0 ? positionals : Object.keys(IMAGES)) {
  const path = data(`models/${model}.onnx`);
  if (!existsSync(path)) {
    console.error(`Skipped ${model}: ${path} does not exist.`);
    continue;
  }
  const result = { model, ...(await compareModes(path, SUBJECTS[model] ?? DETECTOR, images[model])) };
  describe(result);
  results.push(result);
}
const { cpu, onnxruntime } = machine;
console.log(
  JSON.stringify({
    bench: 'sensitivity',
    criterion,
    precision,
    ...{ ...load, workers, bars: BARS, cpu, onnxruntime, warnings, results },
  }),
);

async function compareModes(path, subject, limit) {
  const analysis = await follow(analyseFile(path, { engine }));
  const scores = await follow(scoreAnalysis(analysis, { criterion }));
  const dataset = await openDataset(data(subject.test), subject.options);
  const { preprocess: text } = subject;
  const open = await openEvaluation({
    engine,
    models: [analysis.file.model],
    dataset,
    ...(text && { preprocess: text }),
  });
  try {
    const { sessions, preprocess } = open;
    const wishes = { dataset, preprocess, limit: Number(options.images ?? limit), seed: 1 };
    const batches = await readProbeImages(sessions[0], wishes);
    const shared = { engine, scores, images: batches, metrics: chooseMetrics(open), load, workers };
    const fast = await time(analysis, { ...shared, mode: 'fast', precision });
    const exact = await time(analysis, { ...shared, mode: 'exact' });
    return compare(exact, fast);
  } finally {
    await open.close();
  }
}

async function time(analysis, settings) {
  const started = performance.now();
  const found = await follow(measureSensitivity(analysis, settings));
  return { ...found, seconds: (performance.now() - started) / 1000 };
}

function compare(exact, fast) {
  const [truth, guess] = [exact, fast].map(({ groups }) => groups.flatMap(({ points }) => points));
  const drops = truth.map(({ drop }) => drop);
  const counts = (one, other) =>
    Math.abs(drops[one] - drops[other]) > Math.max(reachOf(truth[one]), reachOf(truth[other]));
  const places = [...truth.keys()];
  const samplesPerProbe = mean(guess.map(({ samples }) => samples));
  return {
    images: exact.samples,
    probes: exact.probes,
    pairs: places.flatMap((one) => places.slice(0, one).filter((other) => counts(one, other))).length,
    tau: kendallTau(
      drops,
      guess.map(({ drop }) => drop),
      counts,
    ),
    workRatio: exact.work / fast.work,
    secondsRatio: exact.seconds / fast.seconds,
    samplesPerProbe,
    exactSeconds: exact.seconds,
    fastSeconds: fast.seconds,
  };
}

/** How far the interval of a drop reaches to either side; to no end where the samples were too few to tell. */
function reachOf({ interval }) {
  return interval ? (interval[1] - interval[0]) / 2 : Number.POSITIVE_INFINITY;
}

function describe({ model, images, probes, pairs, tau, workRatio, secondsRatio, samplesPerProbe }) {
  console.log(
    `${model}: ${probes} probes, ${images} images, of which fast probes saw ${samplesPerProbe.toFixed(0)}: tau ${tau.toFixed(3)} over ${pairs} pairs, ` +
      `${workRatio.toFixed(1)}x less work, ${secondsRatio.toFixed(1)}x less time`,
  );
}
