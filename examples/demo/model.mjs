// The inspection network: fixed filters, a split-and-concatenate block, two inception blocks, and a linear classifier. All weights are
// computed in closed form from the training pictures; nothing is learned by gradients.
import { createRandom, dataTypeOf, encodeModel } from '@espalier/core';
import { CalibratedNetwork } from './calibrated-network.mjs';
import { CLASS_NAMES, PICTURE_BYTES, PICTURE_SHAPE } from './dataset.mjs';
import { fitDetectors, KEPT_SHARE } from './detectors.mjs';
import { makeStemFilters } from './filters.mjs';
import { fitSparseRidge } from './ridge.mjs';

/**
 * @typedef {import('./calibrated-network.mjs').Value} Value
 *
 * @typedef {import('./dataset.mjs').Picture} Picture
 */

/** Pictures that the layers are fitted to; the classifier is fitted to all. */
const CALIBRATION_PICTURES = 384;

/** Pictures run at once. */
const BATCH = 50;

/**
 * Builds the network and returns the bytes of the ONNX file. Input `picture` [batch, 3, 64, 64], RGB / 255; output [batch, 4], one score
 * per class.
 *
 * @param {import('@espalier/core').Engine} engine
 * @param {readonly Picture[]} pictures For training.
 * @returns {Promise<Uint8Array>}
 */
export async function buildModel(engine, pictures) {
  const calibration = pictures.slice(0, CALIBRATION_PICTURES);
  const net = new CalibratedNetwork(engine);
  const features = await writeBody(net, calibration);

  const width = features.array.dims[1];
  const classCount = CLASS_NAMES.length;
  const table = await computeFeatures(engine, net.graph.model(), features.name, pictures);
  const labels = pictures.map((picture) => picture.label);
  const { weights, offsets } = fitSparseRidge(table, labels, {
    width,
    classCount,
    strength: 0.05,
    kept: KEPT_SHARE,
  });
  const { graph } = net;
  const inputs = [
    features.name,
    graph.constant({ dims: [classCount, width], data: Float32Array.from(weights) }, 'classifier.weight'),
    graph.constant({ dims: [classCount], data: Float32Array.from(offsets) }, 'classifier.bias'),
  ];
  graph.output(graph.node('Gemm', inputs, { transB: 1 }, 'classifier'), ['batch', classCount]);
  return encodeModel(graph.model());
}

/**
 * Everything but the classifier.
 *
 * @param {CalibratedNetwork} net
 * @param {readonly Picture[]} calibration
 * @returns {Promise<Value>} [pictures, features].
 */
async function writeBody(net, calibration) {
  const kinds = calibration.map((picture) => picture.kinds);
  const random = createRandom(1);
  /** @param {Value} x @param {number} count @param {number} side @param {string} name */
  const conv = (x, count, side, name) => {
    const filters = fitDetectors(x.array, kinds, { count, side }, random);
    return net.conv(x, filters, { side }, name);
  };
  /** @param {readonly Value[]} values @param {string} name */
  const concat = (values, name) => net.node('Concat', values, { axis: 1 }, name);
  /** @param {Value} x @param {string} name */
  const shrink = (x, name) => net.node('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] }, name);

  /**
   * Cross-stage partial: half of the channels pass by, every stage is concatenated.
   *
   * @param {Value} x
   */
  const writePartial = async (x) => {
    const [pass, enter] = await net.nodes(
      'Split',
      [await conv(x, 64, 1, 'csp.enter')],
      { axis: 1 },
      2,
      'csp.split',
    );
    const first = await conv(enter, 32, 3, 'csp.first');
    const second = await conv(first, 32, 3, 'csp.second');
    const sum = await net.node('Add', [enter, second], {}, 'csp.add');
    return conv(await concat([x, pass, enter, first, sum], 'csp.concat'), 64, 1, 'csp.leave');
  };
  /**
   * Inception: four views of the same values side by side.
   *
   * @param {Value} x
   * @param {string} name
   */
  const writeInception = async (x, name) => {
    const window = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
    return concat(
      [
        await conv(x, 32, 1, `${name}.point`),
        await conv(await conv(x, 24, 1, `${name}.small.reduce`), 48, 3, `${name}.small`),
        await conv(await conv(x, 16, 1, `${name}.large.reduce`), 24, 5, `${name}.large`),
        await conv(await net.node('AveragePool', [x], window, `${name}.pool`), 24, 1, `${name}.project`),
      ],
      `${name}.concat`,
    );
  };

  const picture = net.input('picture', toInput(calibration));
  const stem = await net.conv(picture, makeStemFilters(7), { side: 7, stride: 2, shift: -0.3 }, 'stem');
  const partial = await writePartial(stem);
  const one = await writeInception(await shrink(partial, 'csp.shrink'), 'one');
  const two = await writeInception(await shrink(one, 'one.shrink'), 'two');
  const pooled = [];
  for (const value of [partial, one, two]) {
    pooled.push(await net.node('GlobalAveragePool', [value]), await net.node('GlobalMaxPool', [value]));
  }
  return net.node('Flatten', [await concat(pooled, 'pooled')], {}, 'features');
}

/**
 * One value of a model for many pictures, row by row.
 *
 * @param {import('@espalier/core').Engine} engine
 * @param {import('@espalier/core').Model} model
 * @param {string} name
 * @param {readonly Picture[]} pictures
 */
async function computeFeatures(engine, model, name, pictures) {
  const outputs = [{ name, elemType: dataTypeOf('float32') }];
  const session = await engine.load({ ...model, graph: { ...model.graph, outputs } });
  /** @type {number[][]} */
  const rows = [];
  try {
    for (let first = 0; first < pictures.length; first += BATCH) {
      const { [name]: batch } = await session.run({ picture: toInput(pictures.slice(first, first + BATCH)) });
      rows.push(Array.from(batch.data, Number));
    }
  } finally {
    await session.close();
  }
  return Float32Array.from(rows.flat());
}

/**
 * Pictures as the model is fed with them.
 *
 * @param {readonly Picture[]} pictures
 * @returns {import('@espalier/core').NdArray}
 */
export function toInput(pictures) {
  const data = new Float32Array(pictures.length * PICTURE_BYTES);
  for (const [index, { pixels }] of pictures.entries()) {
    data.set(
      Float32Array.from(pixels, (value) => value / 255),
      index * PICTURE_BYTES,
    );
  }
  return { type: 'float32', dims: [pictures.length, ...PICTURE_SHAPE], data };
}
