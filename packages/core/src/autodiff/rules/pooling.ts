// Gradients of the pooling operators.
import { intAttribute } from '../../graph/attributes.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { NodeFacts } from '../../ops/operator.ts';
import type { GradientContext, GradientRule } from '../gradient-rule.ts';
import { maxPool } from './max-pool.ts';
import { type PoolWindow, poolWindow } from './pool-window.ts';
import { shareExtreme } from './reduction.ts';

const spatialAxes = (c: NodeFacts): readonly number[] =>
  c.inShape(0).flatMap((_, axis) => (axis > 1 ? [axis] : []));

const globalAverage: GradientRule = {
  backward: (c) => [
    () => {
      const dims = c.inShape(0);
      return c.emit.expand(c.emit.scale(c.gradient()!, 1 / elementCount(dims.slice(2))), dims);
    },
  ],
};

const globalMax: GradientRule = {
  backward: (c) => [
    () => shareExtreme(c.emit, c.emit.sub(c.input(0), c.output()), c.gradient()!, spatialAxes(c)),
  ],
};

/** Every position gets its share from every window it lies in. */
const average: GradientRule = {
  backward: (c) => [
    () => {
      const { emit } = c;
      const window = poolWindow(c);
      const { kernel, strides, begins } = window;
      const [dims, outDims] = [c.inShape(0), c.outShape(0)];
      const share = shareOf(c, window);
      const isTiled = kernel.every(
        (k, axis) => k === strides[axis]! && begins[axis] === 0 && k * outDims[axis + 2]! === dims[axis + 2]!,
      );
      return isTiled ? emit.enlarge(share, [1, 1, ...strides]) : addWindows(c, window, share);
    },
  ],
};

/** The gradient over the number of elements each window was divided by. */
function shareOf(c: GradientContext, window: PoolWindow): string {
  const { emit } = c;
  const { kernel, strides, dilations, begins, ends, ceil } = window;
  if ([...begins, ...ends].every((n) => n === 0) && !ceil) {
    return emit.scale(c.gradient()!, 1 / elementCount(kernel));
  }
  // What a window at the border is divided by depends on pads and rounding: the operator itself tells, given ones.
  const dims = c.inShape(0).slice(2);
  const ones = emit.constant({
    type: 'float32',
    dims: [1, 1, ...dims],
    data: new Float32Array(elementCount(dims)).fill(1),
  });
  const told = emit.op('AveragePool', [ones], {
    kernel_shape: kernel,
    strides,
    pads: [...begins, ...ends],
    count_include_pad: intAttribute(c.node, 'count_include_pad', 0),
    ...(ceil && { ceil_mode: 1 }),
    ...(dilations.some((d) => d > 1) && { dilations }),
  });
  return emit.mul(c.gradient()!, emit.mul(told, emit.constant(reciprocalCounts(c, window))));
}

/** One over the number of input elements in every window. */
function reciprocalCounts(c: NodeFacts, { kernel, strides, dilations, begins }: PoolWindow) {
  const dims = c.outShape(0).slice(2);
  const counts = dims.map((length, axis) =>
    Array.from({ length }, (_, o) => {
      const taps = Array.from(
        { length: kernel[axis]! },
        (_, t) => o * strides[axis]! - begins[axis]! + t * dilations[axis]!,
      );
      return taps.filter((position) => position >= 0 && position < c.inShape(0)[axis + 2]!).length;
    }),
  );
  const grid = counts.reduce((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1]);
  const data = Float32Array.from(grid, (count) => (count === 0 ? 0 : 1 / count));
  return { type: 'float32', dims, data } as const;
}

/** Adds up overlapping windows: without strides another pooling does, else a transposed convolution of every channel by itself. */
function addWindows(c: GradientContext, window: PoolWindow, share: string): string {
  const { emit } = c;
  const { kernel, strides, dilations, begins } = window;
  const [dims, outDims] = [c.inShape(0), c.outShape(0)];
  const surplus = kernel.map((k, axis) => {
    const reached = (outDims[axis + 2]! - 1) * strides[axis]! + (k - 1) * dilations[axis]! + 1;
    return reached - begins[axis]! - dims[axis + 2]!;
  });
  if ([...strides, ...dilations].every((n) => n === 1)) {
    const pads = [
      ...kernel.map((k, axis) => k - 1 - begins[axis]!),
      ...kernel.map((k, axis) => k - 1 - surplus[axis]!),
    ];
    const means = emit.op('AveragePool', [share], { kernel_shape: kernel, pads, count_include_pad: 1 });
    return emit.scale(means, elementCount(kernel));
  }
  const images = dims[0]! * dims[1]!;
  const ones = new Float32Array(elementCount(kernel)).fill(1);
  const weight = emit.constant({ type: 'float32', dims: [1, 1, ...kernel], data: ones });
  const sums = emit.op('ConvTranspose', [emit.reshape(share, [images, 1, ...outDims.slice(2)]), weight], {
    strides,
    dilations,
    pads: [...begins, ...surplus.map((n) => Math.max(0, n))],
    output_padding: surplus.map((n) => Math.max(0, -n)),
  });
  return emit.reshape(sums, dims);
}

/** Gradients of the pooling family. */
export const poolingGradients: Readonly<Record<string, GradientRule>> = {
  MaxPool: maxPool,
  AveragePool: average,
  GlobalAveragePool: globalAverage,
  GlobalMaxPool: globalMax,
};
