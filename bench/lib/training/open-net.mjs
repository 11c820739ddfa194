// One net of the bench ready to train with espalier, from the folder that describes it: `net.json` and, once prepared, the formulations, the
// initial parameters and one batch with its targets, all of which PyTorch reads too.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { classificationObjective, elementCount, matchingObjective } from '@espalier/core';
import { createOrtEngine, prepareTraining } from '@espalier/node';
import { writeOnnx } from './onnx-net.mjs';

/** Opens a training; `choose(traced, targets, engine, load)` picks the formulations. Close its session. */
export async function openNet(folder, choose) {
  const net = await readJson(folder, 'net.json');
  const { model, outputs } = writeOnnx(net);
  const objective =
    net.loss === 'cross-entropy'
      ? classificationObjective({ output: outputs[0] })
      : matchingObjective(outputs);
  const engine = createOrtEngine();
  const load = { threads: net.threads };
  const training = await prepareTraining({
    engine,
    model,
    objective,
    dims: [net.batch, ...net.picture],
    samples: [],
    optimizer: { name: 'sgd', momentum: net.momentum },
    weightDecay: net.weightDecay,
    restoreNorms: false,
    choose: (traced, targets) => choose(traced, targets, engine, load),
    load,
  });
  return { net, engine, load, training, inputs: inputsOf(net, objective) };
}

/** A batch and its targets, by input of the training graph. */
export async function readFeeds(folder, inputs) {
  const feeds = {};
  for (const { name, file, dims } of inputs) {
    const bytes = await readFile(join(folder, file));
    const data = new Float32Array(bytes.buffer, bytes.byteOffset, elementCount(dims));
    feeds[name] = { type: 'float32', dims, data };
  }
  return feeds;
}

/** Reads a JSON file of the folder. */
export async function readJson(folder, file) {
  return JSON.parse(await readFile(join(folder, file), 'utf8'));
}

/** What every step is fed beside the state: name in the graph, file, and dims. */
function inputsOf({ batch, picture, layers, outputs }, { targets, teacher }) {
  const names = targets === undefined ? [...teacher.values()] : [targets];
  const shapeOf = new Map(layers.map(({ name, shape }) => [name, shape]));
  return [
    { name: 'x', file: 'x.f32', dims: [batch, ...picture] },
    ...names.map((name, i) => ({ name, file: `target-${i}.f32`, dims: [batch, ...shapeOf.get(outputs[i])] })),
  ];
}
