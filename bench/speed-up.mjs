// What a cut really gains: prunes models to 0.6 of their MACs with FSCL and measures them against their originals, in turn, at one and at
// two threads: `npm run bench -- speed-up [MODEL.onnx ...]`, by default shared classifiers and detectors.
import { createRandom } from '@espalier/core';
import {
  analyseFile,
  createOrtEngine,
  describeMachine,
  follow,
  makeFeeds,
  measureLatency,
  pruneAnalysis,
  scoreAnalysis,
} from '@espalier/node';
import { findModels } from './lib/find-models.mjs';

const MODELS = ['vgg16', 'resnet56', 'pcb-mobilenetv2', 'yolov5n', 'yolov8n', 'pcb-simple-cnn'];
const MACS = 0.6;
const WIDTHS = [1, 16];
const THREADS = [1, 2];

const engine = createOrtEngine();
const results = [];
for (const { name, path } of findModels(MODELS)) {
  const analysis = await follow(analyseFile(path, { engine }));
  const subjects = await cut(analysis);
  for (const threads of THREADS) {
    for (const measured of await measure(analysis, subjects, threads)) {
      const result = { name, threads, ...measured };
      describe(result);
      results.push(result);
    }
  }
}
const { cpu, onnxruntime } = await describeMachine();
console.log(JSON.stringify({ bench: 'speed-up', macs: MACS, cpu, onnxruntime, results }));

/** One pruned model per rounding of the widths, all from the same scores. */
async function cut(analysis) {
  const scores = await follow(scoreAnalysis(analysis));
  const subjects = [];
  for (const roundTo of WIDTHS) {
    const options = { engine, criterion: () => scores, normalizer: 'none', macs: MACS, roundTo };
    const { model, before, after, verification } = await follow(pruneAnalysis(analysis, options));
    if (verification.verdict === 'failed') throw new Error(`The cut of ${analysis.file.path} is wrong.`);
    subjects.push({
      name: `round-to ${roundTo}`,
      model,
      roundTo,
      macsRatio: before.macs / after.macs,
      proof: verification.verdict,
    });
  }
  return subjects;
}

async function measure({ file, traced }, subjects, threads) {
  const all = [{ name: 'original', model: file.model }, ...subjects];
  const events = measureLatency(engine, all, makeFeeds(traced, 1), { random: createRandom(2), threads });
  let report;
  for await (const event of events) {
    if (event.type === 'warning') console.error(event.message);
    if (event.type === 'measured') report = event.report;
  }
  const [original, ...pruned] = report.models;
  return pruned.map(({ medianMs, speedup }, i) => {
    const { roundTo, macsRatio, proof } = subjects[i];
    return { roundTo, macsRatio, proof, originalMs: original.medianMs, prunedMs: medianMs, speedup };
  });
}

function describe({ name, threads, roundTo, macsRatio, originalMs, prunedMs, speedup }) {
  const [low, high] = speedup.interval;
  console.log(
    `${name}, widths in steps of ${roundTo}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: MACs ${macsRatio.toFixed(2)}x less, ` +
      `${speedup.value.toFixed(2)}x faster [${low.toFixed(2)}, ${high.toFixed(2)}], ` +
      `${originalMs.value.toFixed(2)} ms to ${prunedMs.value.toFixed(2)} ms`,
  );
}
