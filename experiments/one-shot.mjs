// Accuracy right after a cut, without any fine-tuning: criteria, rankings and normalizers compared on trained models, with measured speed.
// `node experiments/one-shot.mjs [MODEL ...]` (default: all models) measures what one-shot.jsonl does not hold yet, one line per cut, and
// writes the tables of one-shot.md from it; delete lines to measure them anew. Needs ../shared/data and the build (`npm run build`).
import { appendFile } from 'node:fs/promises';
import { createRandom, normalizers } from '@espalier/core';
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
import { fillPage, keyOf, LOG, readLog } from './one-shot-page.mjs';
import { data, evaluate, LOAD, SUBJECTS } from './subjects.mjs';

/** Models only to try normalizers on. */
const NORMALIZERS_ONLY = ['vgg16', 'resnet20'];
/** Fractions of the MACs that stay. */
const LEVELS = [0.9, 0.8, 0.7];
const FSCL = [
  { name: 'fscl (l1)', criterion: 'fscl', norm: 'l1' },
  { name: 'fscl (l2)', criterion: 'fscl', norm: 'l2' },
];
const OTHERS = ['l1', 'l2', 'fpgm', 'lamp'].map((name) => ({ name, criterion: name }));
const RANDOM = [1, 2, 3].map((seed) => ({ name: 'random', criterion: 'random', seed }));
const LOCAL = { ranking: 'local', normalizer: 'none' };
const GLOBAL = normalizers.map((normalizer) => ({ ranking: 'global', normalizer }));
const PLAIN = { ranking: 'global', normalizer: 'none' };
const SHARE = { ranking: 'global', normalizer: 'sum' };
/** LAMP is made to be ranked globally as it is; random scores need no normalizer, they are drawn alike in every group. */
const COMPARED = [
  ...[SHARE, LOCAL].map((ranking) => ({ criteria: [...FSCL, ...OTHERS], rankings: [ranking] })),
  { criteria: OTHERS.filter(({ name }) => name === 'lamp'), rankings: [PLAIN] },
  { criteria: RANDOM, rankings: [LOCAL] },
];
/** What is measured. Normalizers are tried on training images, so that the test images have no part in choosing one. */
const TABLES = [
  {
    table: 'normalizers',
    levels: [0.9, 0.8],
    criteria: [...FSCL, { name: 'l2', criterion: 'l2' }],
    rankings: [...GLOBAL, LOCAL],
    measure: ({ models, subject }) => evaluate(engine, models, subject, 'train', 1000),
  },
  ...COMPARED.map((compared) => ({
    table: 'criteria',
    levels: LEVELS,
    ...compared,
    measure: ({ models, subject }) => evaluate(engine, models, subject, 'test'),
  })),
  ...COMPARED.map((compared) => ({
    table: 'speed',
    levels: LEVELS,
    ...compared,
    measure: ({ models, analysis }) => timeCuts(analysis, models),
  })),
];
const engine = createOrtEngine();
const asked = process.argv.slice(2);
for (const [model, subject] of Object.entries(SUBJECTS)) {
  if (asked.length === 0 || asked.includes(model)) await measureSubject(model, subject);
}
const wanted = Object.keys(SUBJECTS).flatMap((model) => [
  { table: 'baselines', model },
  ...passesOf(model).flatMap(({ sets }) => sets.flat()),
]);
await fillPage(wanted, await describeMachine());

/** Everything to measure of a model: per table and criterion one score, and sets of cuts that are measured together. */
function passesOf(model) {
  const normalizersOnly = NORMALIZERS_ONLY.includes(model);
  return TABLES.filter(({ table }) => !normalizersOnly || table === 'normalizers').flatMap(
    ({ table, criteria, rankings, levels, measure }) =>
      criteria.map(({ name: criterion, seed, ...score }) => ({
        score: { ...score, seed, normalizer: 'none' },
        sets: rankings.map((ranking) =>
          levels.map((macs) => ({ table, model, criterion, seed, ...ranking, macs })),
        ),
        verify: table !== 'speed',
        measure,
      })),
  );
}

async function measureSubject(model, subject) {
  const analysis = await follow(analyseFile(data(`models/${model}.onnx`), { engine }));
  await checkBaseline(model, subject, analysis.file.model);
  for (const { score, sets, verify, measure } of passesOf(model)) {
    const known = new Set((await readLog()).map(keyOf));
    const missing = sets.filter((rows) => rows.some((row) => !known.has(keyOf(row))));
    if (missing.length === 0) continue;
    const scores = await follow(scoreAnalysis(analysis, score));
    for (const rows of missing) {
      const cuts = await Promise.all(rows.map((row) => cut(analysis, scores, row, verify)));
      const models = cuts.map((done) => done.model);
      const results = await measure({ models, subject, analysis });
      await record(rows.map((row, i) => ({ ...row, ...cuts[i].facts, ...results[i] })));
    }
  }
}

/** The accuracy of the uncut model; it must be what is stated, else nothing below would mean anything. */
async function checkBaseline(model, subject, original) {
  const row = { table: 'baselines', model };
  if ((await readLog()).some((other) => keyOf(other) === keyOf(row))) return;
  const [{ top1, samples }] = await evaluate(engine, [original], subject, 'test');
  if (Math.abs(top1 - subject.stated) > 0.001) {
    throw new Error(
      `${model} scores ${top1} on ${subject.test}, not ${subject.stated}: check its preprocessing.`,
    );
  }
  await record([{ ...row, stated: subject.stated, top1, samples }]);
}

/** A failed proof does not end the experiment: the page names it. Cuts that are only timed were proven before. */
async function cut(analysis, scores, { ranking, normalizer, macs }, verify) {
  const options = { engine, criterion: () => scores, ranking, normalizer, macs, verify };
  const { model, before, after, verification } = await follow(pruneAnalysis(analysis, options));
  const facts = { kept: after.macs / before.macs, params: after.params / before.params };
  const proof = verification && { verdict: verification.verdict, deviation: verification.deviation };
  return { model, facts: { ...facts, ...proof } };
}

/** Speed-ups against the original at batch 1, all measured in turn. */
async function timeCuts({ file, traced }, models) {
  const subjects = [file.model, ...models].map((model, i) => ({ name: `model ${i}`, model }));
  const options = { ...LOAD, random: createRandom(1), minSeconds: 0.4 };
  for await (const event of measureLatency(engine, subjects, makeFeeds(traced, 1), options)) {
    if (event.type !== 'measured') continue;
    return event.report.models.slice(1).map(({ speedup }) => ({ speedup }));
  }
}

async function record(rows) {
  for (const row of rows) {
    const line = JSON.stringify(row);
    console.log(line);
    await appendFile(LOG, `${line}\n`);
  }
}
