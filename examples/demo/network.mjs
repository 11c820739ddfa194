// The inspection network before its training: convolutions with Relu, two residual sums, a concatenation, a linear classifier.
import { encodeModel, GraphBuilder } from '@espalier/core';
import { CLASS_NAMES, PICTURE_SHAPE } from './dataset.mjs';

/**
 * A value of the network.
 *
 * @typedef {object} Value
 * @property {string} name
 * @property {number} channels
 */

/**
 * The bytes of its ONNX file. Input `picture` [batch, 3, 64, 64], RGB / 255; output `scores_out` [batch, 4], one score per class. Batch
 * normalizations are left out, as in exported networks: training puts them in and folds them away again. All weights are zero, since a
 * training from scratch draws its own.
 *
 * @returns {Uint8Array}
 */
export function writeNetwork() {
  const graph = new GraphBuilder({ name: 'inspection' });
  /** @param {string} name @param {readonly number[]} dims */
  const zeros = (name, dims) =>
    graph.constant({ dims, data: new Float32Array(dims.reduce((a, b) => a * b)) }, name);
  /** @param {Value} x @param {string} name @returns {Value} */
  const relu = ({ name: x, channels }, name) => ({
    name: graph.node('Relu', [x], {}, `${name}.relu`),
    channels,
  });
  /** @param {Value} x @param {number} channels @param {number} side @param {number} stride @param {string} name @returns {Value} */
  const conv = (x, channels, side, stride, name) => {
    const weight = zeros(`${name}.weight`, [channels, x.channels, side, side]);
    const pads = Array.from({ length: 4 }, () => (side - 1) / 2);
    const attributes = { kernel_shape: [side, side], strides: [stride, stride], pads };
    return {
      name: graph.node('Conv', [x.name, weight, zeros(`${name}.bias`, [channels])], attributes, name),
      channels,
    };
  };
  /** @type {typeof conv} */
  const layer = (x, channels, side, stride, name) => relu(conv(x, channels, side, stride, name), name);
  /** @param {Value} x @param {string} name */
  const residual = (x, name) => {
    const branch = conv(layer(x, x.channels, 3, 1, `${name}.first`), x.channels, 3, 1, `${name}.second`);
    return relu({ ...x, name: graph.node('Add', [x.name, branch.name], {}, `${name}.sum`) }, name);
  };
  /** @param {readonly Value[]} values @param {string} name @returns {Value} */
  const concat = (values, name) => ({
    name: graph.node(
      'Concat',
      values.map((value) => value.name),
      { axis: 1 },
      name,
    ),
    channels: values.reduce((sum, { channels }) => sum + channels, 0),
  });

  const [planes] = PICTURE_SHAPE;
  const picture = { name: graph.input('picture', ['batch', ...PICTURE_SHAPE]), channels: planes };
  const stem = layer(picture, 16, 5, 2, 'stem');
  const fine = residual(layer(stem, 32, 3, 2, 'fine'), 'fine.block');
  const views = concat([layer(fine, 16, 1, 1, 'point'), layer(fine, 32, 3, 1, 'wide'), fine], 'views');
  const coarse = residual(layer(views, 48, 3, 2, 'coarse'), 'coarse.block');
  const features = graph.node('Flatten', [graph.node('GlobalAveragePool', [coarse.name])], {}, 'features');
  const classes = CLASS_NAMES.length;
  const weight = zeros('classifier.weight', [classes, coarse.channels]);
  const inputs = [features, weight, zeros('classifier.bias', [classes])];
  graph.output(graph.node('Gemm', inputs, { transB: 1 }, 'scores'), ['batch', classes]);
  return encodeModel(graph.model());
}
