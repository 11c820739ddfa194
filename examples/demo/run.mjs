// The main job on an embedded example, as a user would type it: `npm run demo`, or `node examples/demo/run.mjs FOLDER`.
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOrtEngine } from '@espalier/node';
import { drawPictures, PICTURE_SHAPE, packRecords, SPLITS } from './dataset.mjs';
import { buildModel } from './model.mjs';

const started = performance.now();
const program = fileURLToPath(new URL('../../packages/cli/bin/espalier.js', import.meta.url));
const folder = relative('.', process.argv[2] ?? fileURLToPath(new URL('out', import.meta.url))) || '.';
const [model, pruned, plan, data] = ['inspection.onnx', 'pruned.onnx', 'plan.json', 'test.bin'].map((file) =>
  join(folder, file),
);
const dataFlags = ['--data', data, '--record-shape', PICTURE_SHAPE.join('x')];

await mkdir(folder, { recursive: true });
console.log(
  `Drawing ${SPLITS.train.count} pictures to build a network from, ${SPLITS.test.count} to test it …`,
);
const pictures = drawPictures(SPLITS.train);
await writeFile(data, packRecords(drawPictures(SPLITS.test)));
console.log('Computing the weights of the network …');
await writeFile(model, await buildModel(createOrtEngine(), pictures));

run('inspect', model);
run(
  'prune',
  model,
  '--criterion',
  'fscl',
  '--macs',
  '0.6',
  '--round-to',
  '8',
  '-o',
  pruned,
  '--save-plan',
  plan,
  '--no-bench',
  '--force',
);
run('verify', model, pruned, '--plan', plan);
run('eval', model, ...dataFlags);
run('eval', pruned, ...dataFlags);
run('bench', model, pruned);
console.log(`\nDone in ${Math.round((performance.now() - started) / 1000)} s; the files are in ${folder}.`);

/**
 * Shows a command line and runs it; its failure is the failure of the demo.
 *
 * @param {...string} words
 */
function run(...words) {
  console.log(`\n$ npx espalier ${words.join(' ')}`);
  const { status, error } = spawnSync(process.execPath, [program, ...words], { stdio: 'inherit' });
  if (status === 0) return;
  console.error(`The demo stops: espalier ${words[0]} ended with ${error ?? `exit code ${status}`}.`);
  process.exit(status ?? 1);
}
