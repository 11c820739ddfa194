// BatchNormalization in a training graph: with the statistics of the batch (Batch Normalization: Accelerating Deep Network Training by
// Reducing Internal Covariate Shift, 2015), or with those it holds, as the affine map it is after training.
import { float } from '../../graph/attribute-value.ts';
import { floatAttribute, intAttribute } from '../../graph/attributes.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { Emitter } from '../emitter.ts';
import type { GradientContext, GradientRule, RuleContext, WrittenNode } from '../gradient-rule.ts';
import { once } from '../once.ts';

type Thunks = ReturnType<GradientRule['backward']>;

/** All axes but the channels'. */
const reduced = (c: RuleContext): readonly number[] =>
  c.inShape(0).flatMap((_, axis) => (axis === 1 ? [] : [axis]));

/** A value per channel, as it broadcasts to the input. */
const perChannel = (c: RuleContext, value: string): string =>
  c.emit.reshape(value, [
    c.inShape(0)[1]!,
    ...c
      .inShape(0)
      .slice(2)
      .map(() => 1),
  ]);

/** factor·x + offset per channel: the operator itself is the runtime's fastest way to write it. */
function affine(c: RuleContext, x: string, factor: string, offset: string): string {
  const size = c.inShape(0)[1]!;
  const filled = (value: number): string =>
    c.emit.constant({ type: 'float32', dims: [size], data: new Float32Array(size).fill(value) });
  return c.emit.op('BatchNormalization', [x, factor, offset, filled(0), filled(1)], { epsilon: float(0) });
}

/** Mean first, then the variance of what is left: one pass for both loses digits where the mean is large. */
function forward(c: RuleContext): WrittenNode {
  if (c.normalization === 'running') return runningForward(c);
  const { emit } = c;
  const mean = emit.reduceMean(c.input(0), reduced(c));
  const centred = emit.sub(c.input(0), perChannel(c, mean));
  const variance = emit.reduceMean(emit.mul(centred, centred), reduced(c));
  const inverse = inverseDeviation(c, variance);
  const y = affine(c, centred, emit.mul(c.input(1), inverse), c.input(2));
  const count = elementCount(reduced(c).map((axis) => c.inShape(0)[axis]!));
  // What a sample says of the variance behind it: without the factor it would come out too small.
  const unbiased = emit.scale(variance, count / Math.max(1, count - 1));
  return {
    outputs: outputsOf(c, y),
    saved: { inverse, centred },
    running: [
      { input: 3, batch: mean },
      { input: 4, batch: unbiased },
    ],
  };
}

/** Whatever the node states, its own statistics are used. */
function runningForward(c: RuleContext): WrittenNode {
  const inputs = [0, 1, 2, 3, 4].map((i) => c.input(i));
  const epsilon = float(floatAttribute(c.node, 'epsilon', 1e-5));
  return { outputs: outputsOf(c, c.emit.op('BatchNormalization', inputs, { epsilon })) };
}

const outputsOf = (c: RuleContext, y: string): readonly string[] =>
  c.node.outputs.map((_, i) => (i === 0 ? y : ''));

const inverseDeviation = ({ emit, node }: RuleContext, variance: string): string =>
  emit.op('Reciprocal', [
    emit.op('Sqrt', [emit.add(variance, emit.scalar(floatAttribute(node, 'epsilon', 1e-5)))]),
  ]);

/** Σ dy and Σ dy·(x − mean), per channel. */
const sumsOf = (c: GradientContext, emit: Emitter, centred: () => string) => ({
  plain: once(() => emit.reduceSum(c.gradient()!, reduced(c))),
  centred: once(() => emit.reduceSum(emit.mul(c.gradient()!, centred()), reduced(c))),
});

/** dx = a·(dy − mean dy − x̂·mean(dy·x̂)) with a = scale / deviation: two affine passes over dy and the centred input, and their sum. */
function batchBackward(c: GradientContext): Thunks {
  const { emit } = c;
  const inverse = c.saved('inverse');
  const sums = sumsOf(c, emit, () => c.saved('centred'));
  const share = 1 / elementCount(reduced(c).map((axis) => c.inShape(0)[axis]!));
  return [
    () => {
      const factor = emit.mul(c.input(1), inverse);
      const spread = emit.mul(emit.mul(inverse, inverse), emit.scale(sums.centred(), -share));
      const level = emit.scale(sums.plain(), -share);
      const tilted = emit.mul(c.saved('centred'), perChannel(c, emit.mul(factor, spread)));
      return emit.add(affine(c, c.gradient()!, factor, emit.mul(factor, level)), tilted);
    },
    () => emit.mul(sums.centred(), inverse),
    () => sums.plain(),
  ];
}

function runningBackward(c: GradientContext): Thunks {
  const { emit } = c;
  const inverse = once(() => inverseDeviation(c, c.input(4)));
  const sums = sumsOf(c, emit, () => emit.sub(c.input(0), perChannel(c, c.input(3))));
  return [
    () => emit.mul(c.gradient()!, perChannel(c, emit.mul(c.input(1), inverse()))),
    () => emit.mul(sums.centred(), inverse()),
    () => sums.plain(),
  ];
}

const batchNormalization: GradientRule = {
  unsupported: ({ node }) =>
    intAttribute(node, 'spatial', 1) === 0 ? 'has a scale for every position' : undefined,
  forward,
  backward: (c) => (c.normalization === 'batch' ? batchBackward(c) : runningBackward(c)),
  parameters: { 1: 'no-decay', 2: 'no-decay' },
  initial: { 1: 1, 4: 1 },
};

/** Gradients of the batch normalization. */
export const batchNormalizationGradients: Readonly<Record<string, GradientRule>> = {
  BatchNormalization: batchNormalization,
};
