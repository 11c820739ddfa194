// Writes a network and runs it at the same time: every layer is computed on calibration pictures, and takes its scale from what comes out.
import { GraphBuilder } from '@espalier/core';

/** @typedef {import('@espalier/core').NdArray} NdArray */

/**
 * A value of the network, and what it holds for the calibration pictures.
 *
 * @typedef {object} Value
 * @property {string} name
 * @property {NdArray} array
 */

/** A graph under construction, all of whose values are known for a batch of calibration pictures. */
export class CalibratedNetwork {
  /** The graph as written so far; the batch axis of the input is open. */
  graph = new GraphBuilder({ name: 'inspection' });
  #engine;

  /** @param {import('@espalier/core').Engine} engine Runs the layers. */
  constructor(engine) {
    this.#engine = engine;
  }

  /**
   * Declares the input.
   *
   * @param {string} name
   * @param {NdArray} array The calibration pictures.
   * @returns {Value}
   */
  input(name, array) {
    return { name: this.graph.input(name, ['batch', ...array.dims.slice(1)]), array };
  }

  /**
   * Adds a node and runs it.
   *
   * @param {string} opType
   * @param {readonly Value[]} inputs
   * @param {import('@espalier/core').AttributeValues} [attributes]
   * @param {string} [name]
   * @returns {Promise<Value>}
   */
  async node(opType, inputs, attributes = {}, name = undefined) {
    const [value] = await this.nodes(opType, inputs, attributes, 1, name);
    return value;
  }

  /**
   * Adds a node with several outputs and runs it.
   *
   * @param {string} opType
   * @param {readonly Value[]} inputs
   * @param {import('@espalier/core').AttributeValues} attributes
   * @param {number} count
   * @param {string} [name]
   * @returns {Promise<readonly Value[]>}
   */
  async nodes(opType, inputs, attributes, count, name = undefined) {
    const names = inputs.map((input) => input.name);
    const outputs = this.graph.nodes(opType, names, attributes, count, name);
    const arrays = inputs.map((input) => input.array);
    const results = await this.#compute(opType, arrays, attributes, count);
    return outputs.map((output, index) => ({ name: output, array: results[index] }));
  }

  /**
   * Adds Conv and Relu. Weights and bias are scaled so that each channel has variance 1 and mean `shift` (default 0) before the Relu.
   *
   * @param {Value} x
   * @param {readonly Float32Array[]} filters One per output channel.
   * @param {{ readonly side: number, readonly stride?: number, readonly shift?: number }} geometry
   * @param {string} name
   * @returns {Promise<Value>}
   */
  async conv(x, filters, { side, stride = 1, shift = 0 }, name) {
    const pad = (side - 1) / 2;
    const attributes = {
      kernel_shape: [side, side],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    };
    const dims = [filters.length, x.array.dims[1], side, side];
    const raw = toArray(
      dims,
      filters.flatMap((filter) => [...filter]),
    );
    const [response] = await this.#compute('Conv', [x.array, raw], attributes, 1);
    const channels = measureChannels(response);
    const weight = filters.flatMap((filter, index) =>
      [...filter].map((tap) => tap / channels[index].deviation),
    );
    const bias = channels.map(({ mean, deviation }) => shift - mean / deviation);
    const inputs = [
      x,
      this.#constant(`${name}.weight`, toArray(dims, weight)),
      this.#constant(`${name}.bias`, toArray([filters.length], bias)),
    ];
    return this.node('Relu', [await this.node('Conv', inputs, attributes, name)], {}, `${name}.relu`);
  }

  /** @param {string} name @param {NdArray} array @returns {Value} */
  #constant(name, array) {
    return { name: this.graph.constant(array, name), array };
  }

  /**
   * Runs one node as a model of its own.
   *
   * @param {string} opType
   * @param {readonly NdArray[]} arrays
   * @param {import('@espalier/core').AttributeValues} attributes
   * @param {number} count
   */
  async #compute(opType, arrays, attributes, count) {
    const step = new GraphBuilder();
    const inputs = arrays.map((array, index) => step.input(`in_${index}`, array.dims, array.type));
    const outputs = step.nodes(opType, inputs, attributes, count);
    for (const output of outputs) step.output(output);
    const session = await this.#engine.load(step.model());
    try {
      const feeds = Object.fromEntries(inputs.map((input, index) => [input, arrays[index]]));
      const results = await session.run(feeds);
      return outputs.map((output) => results[output]);
    } finally {
      await session.close();
    }
  }
}

/** @param {readonly number[]} dims @param {readonly number[]} values @returns {NdArray} */
function toArray(dims, values) {
  return { type: 'float32', dims, data: Float32Array.from(values) };
}

/**
 * Mean and standard deviation of each channel, over pictures and pixels.
 *
 * @param {NdArray} array [pictures, channels, height, width].
 */
function measureChannels({ dims, data }) {
  const [pictures, channels, height, width] = dims;
  const pixels = height * width;
  return Array.from({ length: channels }, (_, channel) => {
    let [sum, squares] = [0, 0];
    for (let picture = 0; picture < pictures; picture++) {
      const start = (picture * channels + channel) * pixels;
      for (let at = start; at < start + pixels; at++) {
        const value = Number(data[at]);
        sum += value;
        squares += value * value;
      }
    }
    const mean = sum / (pictures * pixels);
    // A channel that never changes stays as it is.
    return { mean, deviation: Math.sqrt(Math.max(0, squares / (pictures * pixels) - mean * mean)) || 1 };
  });
}
