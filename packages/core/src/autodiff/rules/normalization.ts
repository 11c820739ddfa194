// Gradients of normalizations over the axes of one image: instance, layer, group and Lp normalization, and local response.
import { floatAttribute, intAttribute } from '../../graph/attributes.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { NodeFacts } from '../../ops/operator.ts';
import type { Emitter } from '../emitter.ts';
import type { GradientContext, GradientRule } from '../gradient-rule.ts';
import { once } from '../once.ts';

/** How a normalization reads its input: reshaped to `dims`, standardized over `axes`, scaled by values that broadcast as `scaleDims`. */
interface Frame {
  readonly dims: readonly number[];
  readonly axes: readonly number[];
  readonly scaleDims: readonly number[];
}

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/** x̂ = (x − mean) / deviation over the axes, and one over the deviation. */
function standardize(emit: Emitter, x: string, axes: readonly number[], epsilon: number) {
  const centred = emit.sub(x, emit.reduceMean(x, axes, true));
  const variance = emit.reduceMean(emit.mul(centred, centred), axes, true);
  const deviation = emit.op('Sqrt', [emit.add(variance, emit.scalar(epsilon))]);
  return { standard: emit.div(centred, deviation), deviation };
}

/** y = scale·x̂ + bias: dx = (g − mean g − x̂·mean(g·x̂)) / deviation with g = scale·dy. */
const normalization = (frameOf: (c: NodeFacts) => Frame): GradientRule => ({
  backward: (c) => {
    const { emit } = c;
    const { dims, axes, scaleDims } = frameOf(c);
    const framed = (value: string): string =>
      isSame(dims, c.inShape(0)) ? value : emit.reshape(value, dims);
    const dy = once(() => framed(c.gradient()!));
    const parts = once(() =>
      standardize(emit, framed(c.input(0)), axes, floatAttribute(c.node, 'epsilon', 1e-5)),
    );
    const sumTo = (value: string, input: number): string =>
      emit.reshape(emit.sumTo(value, dims, scaleDims), c.inShape(input));
    return [
      () => {
        const { standard, deviation } = parts();
        const g = emit.mul(dy(), emit.reshape(c.input(1), scaleDims));
        const tilt = emit.mul(standard, emit.reduceMean(emit.mul(g, standard), axes, true));
        const level = emit.sub(g, emit.reduceMean(g, axes, true));
        return emit.reshape(emit.div(emit.sub(level, tilt), deviation), c.inShape(0));
      },
      () => sumTo(emit.mul(dy(), parts().standard), 1),
      () => sumTo(dy(), 2),
    ];
  },
  parameters: { 1: 'no-decay', 2: 'no-decay' },
  initial: { 1: 1 },
});

const instance = normalization((c) => {
  const dims = c.inShape(0);
  const axes = dims.flatMap((_, axis) => (axis > 1 ? [axis] : []));
  return { dims, axes, scaleDims: [dims[1]!, ...axes.map(() => 1)] };
});

const layer = normalization((c) => {
  const dims = c.inShape(0);
  const stated = intAttribute(c.node, 'axis', -1);
  const first = stated < 0 ? stated + dims.length : stated;
  return { dims, axes: dims.flatMap((_, axis) => (axis >= first ? [axis] : [])), scaleDims: c.inShape(1) };
});

/** Scales belong to groups until opset 21, then to channels. */
const group = normalization((c) => {
  const [batch, channels, ...spatial] = c.inShape(0) as readonly [number, number, ...number[]];
  const groups = intAttribute(c.node, 'num_groups', 1);
  const dims = [batch, groups, channels / groups, elementCount(spatial)];
  return { dims, axes: [2, 3], scaleDims: [groups, c.opset < 21 ? 1 : channels / groups, 1] };
});

/** y = x / ‖x‖: dx = (dy − direction·Σ dy·y) / ‖x‖, where the direction is y, or the sign of x for the sum norm. */
const lp: GradientRule = {
  backward: (c) => [
    () => {
      const { emit } = c;
      const [x, dy, rank] = [c.input(0), c.gradient()!, c.inShape(0).length];
      const stated = intAttribute(c.node, 'axis', -1);
      const axes = [stated < 0 ? stated + rank : stated];
      const total = emit.reduceSum(emit.mul(dy, c.output()), axes, true);
      if (intAttribute(c.node, 'p', 2) === 1) {
        const norm = emit.reduceSum(emit.op('Abs', [x]), axes, true);
        return emit.div(emit.sub(dy, emit.mul(emit.op('Sign', [x]), total)), norm);
      }
      const norm = emit.op('Sqrt', [emit.reduceSum(emit.mul(x, x), axes, true)]);
      return emit.div(emit.sub(dy, emit.mul(c.output(), total)), norm);
    },
  ],
};

/** y = x·s^−β with s = bias + α/n·Σ x² over n neighbouring channels: dx = dy·s^−β − 2αβ·x·(mean of dy·y/s over the windows a channel is in). */
const localResponse: GradientRule = {
  backward: (c) => [
    () => {
      const { emit, node } = c;
      const [x, dy] = [c.input(0), c.gradient()!];
      const [alpha, beta] = [floatAttribute(node, 'alpha', 1e-4), floatAttribute(node, 'beta', 0.75)];
      const squares = channelMeans(c, emit.mul(x, x));
      const s = emit.add(emit.scale(squares, alpha), emit.scalar(floatAttribute(node, 'bias', 1)));
      const around = channelMeans(c, emit.div(emit.mul(dy, c.output()), s));
      const own = emit.mul(dy, emit.power(s, -beta));
      return emit.sub(own, emit.mul(emit.scale(x, 2 * alpha * beta), around));
    },
  ],
};

/** Sums over neighbouring channels over the window's size (odd, as the runtime asks): an average pooling along the channels. */
function channelMeans(c: GradientContext, value: string): string {
  const [batch, channels, ...spatial] = c.inShape(0) as readonly [number, number, ...number[]];
  const size = intAttribute(c.node, 'size', 1);
  const flat = c.emit.reshape(value, [batch, 1, channels, elementCount(spatial)]);
  const pooled = c.emit.op('AveragePool', [flat], {
    kernel_shape: [size, 1],
    pads: [(size - 1) / 2, 0, (size - 1) / 2, 0],
    count_include_pad: 1,
  });
  return c.emit.reshape(pooled, c.inShape(0));
}

/** Gradients of the normalizations of single images. */
export const normalizationGradients: Readonly<Record<string, GradientRule>> = {
  InstanceNormalization: instance,
  LayerNormalization: layer,
  GroupNormalization: group,
  LpNormalization: lp,
  LRN: localResponse,
};
