// Criteria that look at images against those that look at weights alone: accuracy right after a cut, without any fine-tuning.
// `node experiments/data-criteria.mjs [MODEL ...]` (default: all models) measures what data-criteria.jsonl does not hold yet and writes
// the tables of data-criteria.md; delete lines to measure them anew. Needs ../shared/data and the build.
import { appendFile } from 'node:fs/promises';
import {
  classificationObjective,
  findLogits,
  groupBy,
  mean,
  oneHotClasses,
  TARGETS_INPUT,
} from '@espalier/core';
import {
  analyseFile,
  createOrtEngine,
  describeMachine,
  follow,
  measureActivations,
  measureGradients,
  pruneAnalysis,
  scoreAnalysis,
} from '@espalier/node';
import { fillMarkers, readLines, showEnvironment, showLevel, showShare, table } from './page.mjs';
import { data, evaluate, LOAD, openCalibration, SUBJECTS } from './subjects.mjs';

const LOG = new URL('data-criteria.jsonl', import.meta.url);
const PAGE = new URL('data-criteria.md', import.meta.url);
/** Fractions of the MACs that stay. */
const LEVELS = [0.9, 0.8, 0.7];
const TEST_IMAGES = 1000;

const activations = (part) => async (analysis, calibration) => ({
  activations: await follow(measureActivations(analysis, part, calibration)),
});
const gradients = (run) => async (analysis, calibration) => ({
  gradients: await follow(measureGradients(analysis, calibration, run)),
});
const CRITERIA = {
  l1: { criterion: 'l1' },
  'fscl (l1)': { criterion: 'fscl', norm: 'l1' },
  'fscl (l2)': { criterion: 'fscl', norm: 'l2' },
  hrank: { criterion: 'hrank', look: activations('ranks') },
  'taylor, with labels': { criterion: 'taylor', look: gradients({ lossOf: crossEntropy }) },
  taylor: { criterion: 'taylor', look: gradients({}) },
  'fscl-active': { criterion: 'fscl-active', look: activations('amplitudes') },
};

const engine = createOrtEngine();
const asked = process.argv.slice(2);
for (const [model, subject] of Object.entries(SUBJECTS)) {
  if (asked.length === 0 || asked.includes(model)) await measureSubject(model, subject);
}
await writePage();

/** The loss of the paper, for comparison: cross-entropy with the labels. */
function crossEntropy(traced) {
  const [output] = traced.graph.outputs;
  const [, classes] = traced.shapeOf(output.name);
  return {
    loss: classificationObjective({ output: findLogits(traced, output.name) }),
    feeds: (batch) => ({ [TARGETS_INPUT]: oneHotClasses(batch, classes) }),
  };
}

async function measureSubject(model, subject) {
  const known = new Set(
    (await readLines(LOG)).filter((row) => row.model === model).map((row) => row.criterion),
  );
  const missing = Object.entries(CRITERIA).filter(([name]) => !known.has(name));
  if (missing.length === 0) return;
  const analysis = await follow(analyseFile(data(`models/${model}.onnx`), { engine }));
  const calibration = { ...(await openCalibration(engine, analysis, subject)), load: LOAD };
  const cuts = [];
  for (const [name, { look, ...score }] of missing) {
    const from = performance.now();
    const seen = look && (await look(analysis, calibration));
    const scores = await follow(scoreAnalysis(analysis, { ...score, ...seen, normalizer: 'none' }));
    const seconds = (performance.now() - from) / 1000;
    for (const macs of LEVELS) {
      const options = { engine, criterion: () => scores, macs, verify: false };
      const cut = await follow(pruneAnalysis(analysis, options));
      const kept = cut.after.macs / cut.before.macs;
      cuts.push({ row: { model, criterion: name, macs, kept, seconds }, model: cut.model });
    }
  }
  const results = await evaluate(
    engine,
    cuts.map((cut) => cut.model),
    subject,
    'test',
    TEST_IMAGES,
  );
  for (const [i, { row }] of cuts.entries()) {
    const line = JSON.stringify({ ...row, ...results[i] });
    console.log(line);
    await appendFile(LOG, `${line}\n`);
  }
}

async function writePage() {
  const log = await readLines(LOG);
  const rows = Object.keys(SUBJECTS).flatMap((model) =>
    Object.keys(CRITERIA).flatMap((criterion) =>
      log.filter((row) => row.model === model && row.criterion === criterion),
    ),
  );
  const models = [...new Set(rows.map(({ model }) => model))];
  const at = (own) =>
    LEVELS.map((macs) =>
      showShare(mean(own.filter((row) => row.macs === macs).map(({ top1 }) => top1))),
    ).join(' / ');
  const lines = [...groupBy(rows, ({ criterion }) => criterion)].map(([criterion, own]) => [
    criterion,
    ...models.map((model) => at(own.filter((row) => row.model === model))),
    at(own),
  ]);
  const times = [...groupBy(rows, ({ criterion }) => criterion)].map(([criterion, own]) => [
    criterion,
    ...models.map((model) => own.find((row) => row.model === model)?.seconds.toFixed(1) ?? ''),
  ]);
  await fillMarkers(PAGE, {
    environment: showEnvironment(await describeMachine()),
    accuracy: `${LEVELS.map(showLevel).join(' / ')} of the MACs\n\n${table(['criterion', ...models, 'mean'], lines)}`,
    seconds: table(['criterion', ...models], times),
  });
}
