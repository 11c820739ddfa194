// `node prepare-net.mjs FOLDER CACHE`: measures the formulations of the net that FOLDER/net.json describes and writes what both sides train
// from beside it. Prints the formulations as one line of JSON. A process of its own, so that its memory counts for nobody.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, elementCount } from '@espalier/core';
import { chooseFormulations, toChoices } from '@espalier/node';
import { openNet } from './open-net.mjs';

const [folder, cachePath] = process.argv.slice(2);
let formulations;
const { net, training, inputs } = await openNet(folder, async (traced, targets, engine, load) => {
  formulations = await chooseFormulations(traced, targets, { engine, load, cachePath });
  return toChoices(formulations);
});
await training.session.close();

const write = (file, data) => writeFile(join(folder, file), data);
const random = createRandom(2);
for (const { name, file, dims } of inputs) {
  const isLabels = name !== 'x' && net.loss === 'cross-entropy';
  await write(file, isLabels ? oneHotRows(dims) : normals(dims));
}
await write('weights.f32', training.initial.weights);
await write('parameters.json', JSON.stringify(training.program.parameters));
await write('formulations.json', JSON.stringify(formulations));
console.log(JSON.stringify(formulations));

function normals(dims) {
  return Float32Array.from({ length: elementCount(dims) }, () => random.normal());
}

function oneHotRows([rows, classes]) {
  const data = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) data[row * classes + random.integer(classes)] = 1;
  return data;
}
