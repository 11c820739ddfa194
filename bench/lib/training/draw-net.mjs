// A net as a plain list of layers, which ONNX and PyTorch are written from alike: `{op, name, inputs, shape, ...attributes}`, `shape` being
// [C, H, W] of the output without the batch. A layer is named in the words that its readers use as inputs; the picture is called `x`.

/** Starts a net for pictures of [C, H, W]. Every method adds layers and returns the name of the last one. */
export function drawNet(picture) {
  const layers = [];
  const shapes = new Map([['x', picture]]);
  const add = (op, inputs, shape, attributes = {}) => {
    const name = `${op}-${layers.length}`;
    layers.push({ op, name, inputs, shape, ...attributes });
    shapes.set(name, shape);
    return name;
  };
  const same = (op) => (input) => add(op, [input], shapes.get(input));
  const windowed = (input, { kernel, stride, pad }) =>
    shapes
      .get(input)
      .slice(1)
      .map((size) => Math.floor((size + 2 * pad - kernel) / stride) + 1);
  const net = {
    layers,
    shapeOf: (name) => shapes.get(name),
    conv(input, width, { kernel = 3, stride = 1, pad = (kernel - 1) / 2, groups = 1, bias = false } = {}) {
      const window = { kernel, stride, pad };
      const weight = [width, shapes.get(input)[0] / groups, kernel, kernel];
      return add('conv', [input], [width, ...windowed(input, window)], { ...window, groups, bias, weight });
    },
    bn: same('bn'),
    relu: same('relu'),
    relu6: same('relu6'),
    silu: same('silu'),
    add: (...inputs) => add('add', inputs, shapes.get(inputs[0])),
    concat(...inputs) {
      const width = inputs.reduce((sum, input) => sum + shapes.get(input)[0], 0);
      return add('concat', inputs, shapes.get(inputs[0]).with(0, width));
    },
    maxpool(input, kernel, stride, pad = 0) {
      const window = { kernel, stride, pad };
      return add('maxpool', [input], [shapes.get(input)[0], ...windowed(input, window)], window);
    },
    /** Twice as high and wide, each pixel four times. */
    upsample(input) {
      const [width, ...sizes] = shapes.get(input);
      return add('upsample', [input], [width, ...sizes.map((size) => 2 * size)]);
    },
    /** Global average pooling, flattened to rows. */
    gap: (input) => add('gap', [input], shapes.get(input).slice(0, 1)),
    linear: (input, width) =>
      add('linear', [input], [width], { bias: true, weight: [width, shapes.get(input)[0]] }),
    /** Convolution, batch normalization and an activation (`relu`, `relu6`, `silu`; none by default). */
    unit(input, width, { activation, ...options } = {}) {
      const normalized = net.bn(net.conv(input, width, options));
      return activation === undefined ? normalized : net[activation](normalized);
    },
  };
  return net;
}

/** Multiply-accumulate operations of convolutions and linear layers, for one picture. */
export function countMacs(layers) {
  const product = (sizes) => sizes.reduce((a, b) => a * b, 1);
  return layers
    .filter(({ weight }) => weight !== undefined)
    .reduce((sum, { weight, shape }) => sum + product(weight) * product(shape.slice(1)), 0);
}
