// A drawn net as an ONNX model with fresh weights: convolutions and linear layers normal with variance 2 / fan-in, biases 0, normalizations 1.
import { createRandom, GraphBuilder } from '@espalier/core';

/** The model of a net at its batch, and the names of its outputs. Constants are called LAYER.weight, LAYER.bias, LAYER.scale. */
export function writeOnnx({ batch, picture, layers, outputs }) {
  const g = new GraphBuilder();
  const random = createRandom(1);
  const values = new Map([['x', g.input('x', [batch, ...picture])]]);
  const vector = (name, size, value) =>
    g.constant({ dims: [size], data: new Float32Array(size).fill(value) }, name);
  const weigh = ({ name, weight, bias }) => {
    const count = weight.reduce((a, b) => a * b, 1);
    const deviation = Math.sqrt((2 * weight[0]) / count);
    const data = Float32Array.from({ length: count }, () => deviation * random.normal());
    const constant = g.constant({ dims: weight, data }, `${name}.weight`);
    return bias ? [constant, vector(`${name}.bias`, weight[0], 0)] : [constant];
  };
  for (const layer of layers) {
    const inputs = layer.inputs.map((input) => values.get(input));
    values.set(layer.name, WRITERS[layer.op]({ g, layer, inputs, weigh, vector }));
  }
  const names = outputs.map((output) => values.get(output));
  for (const name of names) g.output(name);
  return { model: g.model(), outputs: names };
}

/** A layer in ONNX, by what it is called in a drawn net. */
const WRITERS = {
  conv({ g, layer, inputs, weigh }) {
    const { kernel, stride, pad, groups, name } = layer;
    const window = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: Array(4).fill(pad) };
    return g.node('Conv', [...inputs, ...weigh(layer)], { ...window, group: groups }, name);
  },
  bn({ g, layer: { name, shape }, inputs, vector }) {
    const parts = { scale: 1, bias: 0, mean: 0, variance: 1 };
    const vectors = Object.entries(parts).map(([part, value]) => vector(`${name}.${part}`, shape[0], value));
    return g.node('BatchNormalization', [...inputs, ...vectors], {}, name);
  },
  relu: ({ g, layer, inputs }) => g.node('Relu', inputs, {}, layer.name),
  relu6: ({ g, layer, inputs }) => g.node('Clip', [...inputs, g.scalar(0), g.scalar(6)], {}, layer.name),
  silu: ({ g, layer, inputs }) => g.node('Mul', [...inputs, g.node('Sigmoid', inputs)], {}, layer.name),
  add: ({ g, layer, inputs }) => g.node('Add', inputs, {}, layer.name),
  concat: ({ g, layer, inputs }) => g.node('Concat', inputs, { axis: 1 }, layer.name),
  maxpool({ g, layer: { kernel, stride, pad, name }, inputs }) {
    const window = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: Array(4).fill(pad) };
    return g.node('MaxPool', inputs, window, name);
  },
  upsample({ g, layer, inputs }) {
    const scales = g.constant({ dims: [4], data: [1, 1, 2, 2] });
    const nearest = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
    return g.node('Resize', [...inputs, '', scales], nearest, layer.name);
  },
  gap: ({ g, layer, inputs }) => g.node('Flatten', [g.node('GlobalAveragePool', inputs)], {}, layer.name),
  linear: ({ g, layer, inputs, weigh }) =>
    g.node('Gemm', [...inputs, ...weigh(layer)], { transB: 1 }, layer.name),
};
