// Normalisations: per-channel ones pass channels on and are cut along, the others tie or freeze what they mix.

import { floatAttribute, intAttribute, intsAttribute, withAttribute } from '../graph/attributes.ts';
import type { TracedModel } from '../graph/traced-model.ts';
import type { LabelTensor } from '../labels/label-tensor.ts';
import { extentAxes } from '../labels/label-tensor.ts';
import type { Node } from '../onnx/model.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import { freezeOperands, mixAlong, representative, splitByAxes, tieAlong } from './labels.ts';
import type { CouplingContext, Operator, OutputLabels } from './operator.ts';

/** Cuts the per-channel vectors at `inputs` along the channel axis of input 0. Computed vectors freeze the channels, and stay. */
function passVectors(c: CouplingContext, inputs: readonly number[]): void {
  freezeOperands(c, inputs, 'reads them as a vector');
  for (const tensor of splitByAxes(c.labels(0), [1]).along) {
    const flow = representative(tensor, 1);
    for (const input of inputs) {
      if (c.kind(input) === 'constant' && c.inShape(input)[0] === flow.length) {
        c.use({ input, role: 'pass', axis: 0, flow });
      } else if (c.kind(input) !== 'absent' && c.kind(input) !== 'constant') {
        c.freeze([tensor], 'is scaled by computed vectors');
      }
    }
  }
}

function coupleBatchNorm(c: CouplingContext): OutputLabels {
  passVectors(c, [1, 2, 3, 4]);
  const labels = c.labels(0).map((tensor): LabelTensor => {
    const axes = extentAxes(tensor);
    if (axes.length !== 1 || axes[0] !== 1) return tensor;
    return { dims: tensor.dims, data: c.mint('scale', tensor.data.length, [tensor.data]) };
  });
  return c.node.outputs.map((_, i) => (i === 0 ? labels : []));
}

/** γ / sqrt(var + ε) per channel. */
function batchNormFactors(traced: TracedModel, node: Node): Float64Array | undefined {
  const [scale, variance] = [1, 4].map((input) => traced.constantOf(node.inputs[input] ?? ''));
  if (!scale || !variance) return undefined;
  const gamma = toFloat32(scale);
  const spread = toFloat32(variance);
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  return Float64Array.from(gamma, (g: number, i) => g / Math.sqrt(spread[i]! + epsilon));
}

/** The whole of a BatchNormalization in inference: scale · x + shift. */
function batchNormLine(traced: TracedModel, node: Node): ReturnType<NonNullable<Operator['affine']>> {
  const scale = batchNormFactors(traced, node);
  const [beta, mean] = [2, 3].map((input) => traced.constantOf(node.inputs[input] ?? ''));
  if (!scale || !beta || !mean) return undefined;
  const [offset, centre] = [toFloat32(beta), toFloat32(mean)];
  return { scale, shift: scale.map((factor, i) => offset[i]! - factor * centre[i]!) };
}

/** Each row (one channel of one image) is normalised by itself: labels inside a row go together. */
function coupleInstanceNorm(c: CouplingContext): OutputLabels {
  const spatial = c.inShape(0).flatMap((_, axis) => (axis > 1 ? [axis] : []));
  mixAlong(c, c.labels(0), spatial, 'normalises positions that carry channels');
  passVectors(c, [1, 2]);
  return [c.labels(0)];
}

/** Channels of one group are normalised together: whole groups go. */
function coupleGroupNorm(c: CouplingContext): OutputLabels {
  const groups = intAttribute(c.node, 'num_groups', 1);
  const { along, rest } = splitByAxes(c.labels(0), [1]);
  c.freeze(rest, 'normalises positions that carry channels');
  const perGroup = c.inShape(0)[1]! / groups;
  freezeOperands(c, [1, 2], 'reads them as a vector');
  if ([1, 2].some((input) => c.kind(input) !== 'constant')) {
    c.freeze(along, 'is scaled by computed vectors');
    return [along];
  }
  for (const tensor of along) {
    const flow = representative(tensor, 1);
    tieAlong(
      c,
      tensor,
      extentAxes(tensor).filter((axis) => axis !== 1),
    );
    flow.forEach((id, i) => {
      c.tie(flow[i - (i % perGroup)]!, id);
    });
    for (const input of [1, 2]) {
      const length = c.inShape(input)[0]!;
      const vector = length === flow.length ? flow : flow.filter((_, i) => i % perGroup === 0);
      c.use({ input, role: 'pass', axis: 0, flow: vector });
    }
  }
  return [along];
}

/** LayerNormalization and RMSNormalization mix their trailing axes. */
function coupleLayerNorm(c: CouplingContext): OutputLabels {
  const rank = c.inShape(0).length;
  const axis = intAttribute(c.node, 'axis', -1);
  const start = axis < 0 ? axis + rank : axis;
  const mixed = Array.from({ length: rank - start }, (_, i) => start + i);
  mixAlong(c, c.labels(0), mixed, 'normalises over all channels');
  freezeOperands(c, [1, 2], 'reads them as a vector');
  return c.node.outputs.map((_, i) => (i === 0 ? c.labels(0) : []));
}

/** Each channel is divided by its neighbours. */
function coupleLrn(c: CouplingContext): OutputLabels {
  c.freeze(c.labels(0), 'normalises each channel by its neighbours');
  return [c.labels(0)];
}

/** Softmax over one axis; before opset 13 over all axes from `axis` on. */
function coupleSoftmax(c: CouplingContext): OutputLabels {
  const rank = c.inShape(0).length;
  const axis = intAttribute(c.node, 'axis', c.opset >= 13 ? -1 : 1);
  const start = axis < 0 ? axis + rank : axis;
  const mixed = c.opset >= 13 ? [start] : Array.from({ length: rank - start }, (_, i) => start + i);
  mixAlong(c, c.labels(0), mixed, 'mixes all channels');
  return [c.labels(0)];
}

function coupleLpNorm(c: CouplingContext): OutputLabels {
  const rank = c.inShape(0).length;
  const axis = intAttribute(c.node, 'axis', -1);
  mixAlong(c, c.labels(0), [axis < 0 ? axis + rank : axis], 'normalises over all channels');
  return [c.labels(0)];
}

function coupleMvn(c: CouplingContext): OutputLabels {
  const rank = c.inShape(0).length;
  const axes = intsAttribute(c.node, 'axes') ?? [0, 2, 3];
  const mixed = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  mixAlong(c, c.labels(0), mixed, 'normalises over all channels');
  return [c.labels(0)];
}

const softmax: Operator = { couple: coupleSoftmax, gate: true };
const layerNorm: Operator = { couple: coupleLayerNorm };

/** Records of the normalisations. */
export const normalizations: Readonly<Record<string, Operator>> = {
  BatchNormalization: {
    couple: coupleBatchNorm,
    factors: batchNormFactors,
    affine: batchNormLine,
    statistics: { mean: 3, variance: 4 },
  },
  InstanceNormalization: { couple: coupleInstanceNorm },
  GroupNormalization: {
    couple: coupleGroupNorm,
    rewrite: (c) => {
      const kept = c.keptIn(0, 1);
      const groups = intAttribute(c.node, 'num_groups', 1);
      if (!kept) return [c.node];
      return [withAttribute(c.node, 'num_groups', (kept.length * groups) / c.inShape(0)[1]!)];
    },
  },
  LayerNormalization: layerNorm,
  RMSNormalization: layerNorm,
  LRN: { couple: coupleLrn },
  LpNormalization: { couple: coupleLpNorm },
  MeanVarianceNormalization: { couple: coupleMvn },
  Softmax: softmax,
  LogSoftmax: { couple: coupleSoftmax },
  Hardmax: { couple: coupleSoftmax },
};
