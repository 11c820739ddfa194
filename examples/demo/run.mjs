// The main job on an embedded example, as a user would type it: `npm run demo`, or `node examples/demo/run.mjs [FOLDER] [PICTURES]`.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, run } from './commands.mjs';
import { drawPictures, PICTURE_SHAPE, packRecords, SPLITS } from './dataset.mjs';

const started = performance.now();
const home = fileURLToPath(new URL('.', import.meta.url));
const [, , place = join(home, 'out'), pictures = SPLITS.test.count] = process.argv;
const folder = relative('.', place) || '.';
const count = Number(pictures);
/** @param {string} name */
const fileOf = (name) => join(folder, name);
const [original, cut, reconstructed, recovered] = ['inspection', 'cut', 'reconstructed', 'recovered'].map(
  (name) => fileOf(`${name}.onnx`),
);
const plan = fileOf('plan.json');
const shape = ['--record-shape', PICTURE_SHAPE.join('x')];
const recovery = ['--data', fileOf('recovery.bin'), ...shape];
const test = ['--data', fileOf('test.bin'), ...shape];

await mkdir(folder, { recursive: true });
await copyFile(join(home, 'inspection.onnx'), original);
console.log(`Drawing ${4 * count} pictures to recover on, and ${count} others to judge by …`);
await writeFile(fileOf('recovery.bin'), packRecords(drawPictures({ ...SPLITS.train, count: 4 * count })));
await writeFile(fileOf('test.bin'), packRecords(drawPictures({ ...SPLITS.test, count })));

run('inspect', original);
const accuracies = [judge(original)];
run(
  ...['prune', original, '--criterion', 'fscl', '--macs', '0.5', '--round-to', '16'],
  ...['-o', cut, '--save-plan', plan, '--no-bench', '--force'],
);
run('verify', original, cut, '--plan', plan);
accuracies.push(judge(cut));
run(
  ...['reconstruct', cut, '--original', original, '--plan', plan],
  ...[...recovery, '-o', reconstructed, '--force'],
);
accuracies.push(judge(reconstructed));
run(
  ...['finetune', reconstructed, '--teacher', original, '--epochs', '6'],
  ...[...recovery, '-o', recovered, '--force'],
);
accuracies.push(judge(recovered));
const { models, latency, metrics } = ask('bench', original, recovered);

console.log('');
showRow('', ['before', 'cut', 'reconstructed', 'finetuned']);
showRow('top-1', accuracies.map(percent));
showRow(
  'MACs',
  models.map(({ macs }) => `${(macs / 1e6).toFixed(1)} M`),
);
showRow(
  'file',
  models.map(({ bytes }) => `${Math.round(bytes / 1000)} kB`),
);
showRow(
  'latency',
  latency.models.map(({ medianMs }) => `${medianMs.value.toPrecision(3)} ms`),
);
console.log(
  `\nWith ${percent(metrics.macsRatio)} of the multiply-accumulates it runs ${metrics.speedup.toFixed(2)}x as fast.`,
);
console.log(`Done in ${Math.round((performance.now() - started) / 1000)} s; the files are in ${folder}.`);

/**
 * Share of the test pictures that a model gets right.
 *
 * @param {string} model
 * @returns {number}
 */
function judge(model) {
  const { top1 } = ask('eval', model, ...test).metrics;
  console.log(`top-1 of ${model}: ${percent(top1)}`);
  return top1;
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/**
 * A row of the last table. Two cells belong to the first and the last model.
 *
 * @param {string} name
 * @param {readonly string[]} cells
 */
function showRow(name, cells) {
  const all = cells.length === 2 ? [cells[0], '', '', cells[1]] : cells;
  console.log(name.padEnd(8) + all.map((cell) => cell.padStart(15)).join(''));
}
