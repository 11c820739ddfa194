// Makes the demo's classifier again: `node examples/demo/train.mjs [FOLDER] [PICTURES] [EPOCHS]`. The result is FOLDER/inspection.onnx.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './commands.mjs';
import { drawPictures, PICTURE_SHAPE, packRecords, SPLITS } from './dataset.mjs';
import { writeNetwork } from './network.mjs';

const [
  ,
  ,
  place = fileURLToPath(new URL('out/training', import.meta.url)),
  count = SPLITS.train.count,
  epochs = '16',
] = process.argv;
const folder = relative('.', place) || '.';
const [untrained, trained, training, test] = [
  'untrained.onnx',
  'inspection.onnx',
  'train.bin',
  'test.bin',
].map((file) => join(folder, file));
const records = ['--record-shape', PICTURE_SHAPE.join('x')];

await mkdir(folder, { recursive: true });
console.log(`Drawing ${count} pictures to train on, ${SPLITS.test.count} others to test on …`);
await writeFile(training, packRecords(drawPictures({ ...SPLITS.train, count: Number(count) })));
await writeFile(test, packRecords(drawPictures(SPLITS.test)));
await writeFile(untrained, writeNetwork());

run(
  ...['train', untrained, '--from-scratch', '--data', training, ...records],
  ...['--epochs', epochs, '--seed', '0', '--deterministic', '-o', trained, '--force'],
);
run('eval', trained, '--data', test, ...records);
