// Whether channels should compete across the network or every layer give the same share, once the cut is reconstructed.
// `node experiments/ranking.mjs [MODEL ...]` (default: all models) measures what ranking.jsonl does not hold yet and writes the table of
// ranking.md; delete lines to measure them anew. Needs ../shared/data and the build. About half an hour on two quiet cores.
import { appendFile } from 'node:fs/promises';
import { keepOf } from '@espalier/core';
import {
  analyseFile,
  createOrtEngine,
  follow,
  measureActivations,
  pruneAnalysis,
  recoverCut,
} from '@espalier/node';
import { fillMarkers, readLines, showLevel, showShare, table } from './page.mjs';
import { data, evaluate, openCalibration, SUBJECTS } from './subjects.mjs';

const LOG = new URL('ranking.jsonl', import.meta.url);
const PAGE = new URL('ranking.md', import.meta.url);
const CRITERIA = ['fscl-active', 'fscl'];
const LEVELS = [0.7, 0.5];
const RANKINGS = ['global', 'local'];
/** Test images that judge. */
const IMAGES = 1500;

const engine = createOrtEngine();
const asked = process.argv.slice(2);
const known = await readLines(LOG);
const isKnown = (row) => known.some((other) => keyOf(other) === keyOf(row));
for (const model of Object.keys(SUBJECTS)) {
  if (asked.length > 0 && !asked.includes(model)) continue;
  const rows = CRITERIA.flatMap((criterion) =>
    LEVELS.flatMap((macs) => RANKINGS.map((ranking) => ({ model, criterion, macs, ranking }))),
  ).filter((row) => !isKnown(row));
  if (rows.length > 0) await measure(model, rows);
}
await fillMarkers(PAGE, { rankings: showRows(await readLines(LOG)) });

function keyOf({ model, criterion, macs, ranking }) {
  return [model, criterion, macs, ranking].join(' ');
}

async function measure(model, rows) {
  const subject = SUBJECTS[model];
  const { preprocess } = subject;
  const analysis = await follow(analyseFile(data(`models/${model}.onnx`), { engine }));
  const { traced, coupling } = analysis;
  const images = await openCalibration(engine, analysis, subject);
  const activations = await follow(measureActivations(analysis, 'amplitudes', images));
  for (const row of rows) {
    const { criterion, macs, ranking } = row;
    const options = { engine, criterion, macs, ranking, activations, verify: false };
    const cut = await follow(pruneAnalysis(analysis, options));
    const keep = keepOf(traced, coupling, cut.plan);
    const method = { method: 'reconstruct', engine, dataset: images.dataset, preprocess, seed: 1 };
    const { model: rebuilt } = await follow(recoverCut(analysis, keep, cut.model, method));
    const [alone, recovered] = await evaluate(engine, [cut.model, rebuilt], subject, 'test', IMAGES);
    const params = cut.after.params / cut.before.params;
    const line = JSON.stringify({ ...row, cut: alone.top1, reconstructed: recovered.top1, params });
    console.log(line);
    await appendFile(LOG, `${line}\n`);
  }
}

function showRows(rows) {
  const at = (row) => rows.find((other) => keyOf(other) === keyOf(row));
  const show = (row) =>
    row === undefined
      ? 'not measured yet'
      : `${showShare(row.cut)} → ${showShare(row.reconstructed)} (${showShare(row.params)} of the parameters)`;
  const lines = Object.keys(SUBJECTS).flatMap((model) =>
    CRITERIA.flatMap((criterion) =>
      LEVELS.map((macs) => [
        model,
        criterion,
        showLevel(macs),
        ...RANKINGS.map((ranking) => show(at({ model, criterion, macs, ranking }))),
      ]),
    ),
  );
  const pairs = lines.length === 0 ? [] : rows.filter(({ ranking }) => ranking === 'local');
  const gains = pairs.flatMap((row) => {
    const other = at({ ...row, ranking: 'global' });
    return other ? [row.reconstructed - other.reconstructed] : [];
  });
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  return `${table(['model', 'criterion', 'MACs', ...RANKINGS], lines)}\n\nThe same share of every layer is better by ${mean.toFixed(3)} on the mean of ${gains.length} pairs, after reconstruction.`;
}
