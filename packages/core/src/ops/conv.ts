// Convolutions: ordinary, grouped, depthwise (with multiplier) and transposed, in one, two or three dims.

import { intAttribute, withAttribute } from '../graph/attributes.ts';
import type { LabelTensor } from '../labels/label-tensor.ts';
import { alongAxis } from '../labels/label-tensor.ts';
import type { Node } from '../onnx/model.ts';
import { elementCount } from '../onnx/tensor.ts';
import { collapse, producedLabels, splitByAxes } from './labels.ts';
import { convLayer, convTransposeLayer } from './linear/convolution-layer.ts';
import type { CostFacts, CouplingContext, Operator, OutputLabels, RewriteContext } from './operator.ts';

const groupsOf = (node: Node): number => intAttribute(node, 'group', 1);

/** Labels that arrive on the channel axis, and those of the batch axis, which pass. Labels on spatial axes are frozen. */
function readInput(
  c: CouplingContext,
  channels: number,
): { readonly vectors: readonly Int32Array[]; readonly passing: readonly LabelTensor[] } {
  const { along, rest } = splitByAxes(c.labels(0), [1]);
  const spatial = c.inShape(0).flatMap((_, axis) => (axis > 1 ? [axis] : []));
  const frozen = splitByAxes(rest, spatial);
  c.freeze(frozen.along, 'convolves over positions that carry channels');
  return { vectors: collapse(c, along, 1, channels), passing: frozen.rest };
}

function refuseComputedWeight(c: CouplingContext): OutputLabels {
  for (const input of [0, 1, 2])
    c.freeze(c.labels(input), 'has weights that are computed from the input', input);
  return [[]];
}

function bias(c: CouplingContext, flow: Int32Array): void {
  if (c.kind(2) === 'constant') c.use({ input: 2, role: 'produce', axis: 0, flow });
  else if (c.kind(2) !== 'absent') {
    c.freeze(c.labels(2), 'reads them as a bias', 2);
    for (const id of flow) c.tie(id, -1);
  }
}

/** Rows of a depthwise weight: every input channel owns `multiplier` of them. */
function coupleDepthwise(
  c: CouplingContext,
  vectors: readonly Int32Array[],
  multiplier: number,
  flipped: boolean,
): Int32Array {
  const spatial = c.inShape(1).flatMap((_, axis) => (axis > 1 ? [axis] : []));
  const kernel = { out: 0, in: 1, spatial, flipped };
  const rows = vectors.map((ids) =>
    Int32Array.from({ length: ids.length * multiplier }, (_, k) => ids[Math.floor(k / multiplier)]!),
  );
  for (const flow of rows) c.use({ input: 1, role: 'consume', axis: 0, flow, kernel });
  const use = c.nextUse();
  const out = c.mint('depthwise', rows[0]!.length, rows, use);
  c.use({ input: 1, role: 'produce', axis: 0, flow: out, kernel });
  bias(c, out);
  return out;
}

function coupleConv(c: CouplingContext): OutputLabels {
  if (c.kind(1) !== 'constant') return refuseComputedWeight(c);
  const weight = c.inShape(1);
  const rank = c.outShape(0).length;
  const groups = groupsOf(c.node);
  const [outputs, perGroup] = [weight[0]!, weight[1]!];
  const { vectors, passing } = readInput(c, perGroup * groups);
  const spatial = weight.flatMap((_, axis) => (axis > 1 ? [axis] : []));
  const kernel = { out: 0, in: 1, spatial, flipped: false };

  if (groups > 1 && perGroup === 1) {
    return [
      [...producedLabels(c, rank, 1, coupleDepthwise(c, vectors, outputs / groups, false)), ...passing],
    ];
  }
  const block = outputs / groups;
  for (const ids of vectors) {
    if (groups === 1) c.use({ input: 1, role: 'consume', axis: 1, flow: ids, kernel });
    for (let g = 0; groups > 1 && g < groups; g++) {
      const within = { axis: 0, from: g * block, to: (g + 1) * block };
      const flow = ids.subarray(g * perGroup, (g + 1) * perGroup);
      c.use({ input: 1, role: 'consume', axis: 1, flow, kernel, within });
    }
    balanceBlocks(c, 'in', ids, groups);
  }
  const out = c.mint('produce', outputs, [], c.nextUse());
  c.use({ input: 1, role: 'produce', axis: 0, flow: out, kernel });
  balanceBlocks(c, 'out', out, groups);
  bias(c, out);
  return [[...producedLabels(c, rank, 1, out), ...passing]];
}

function coupleConvTranspose(c: CouplingContext): OutputLabels {
  if (c.kind(1) !== 'constant') return refuseComputedWeight(c);
  const weight = c.inShape(1);
  const rank = c.outShape(0).length;
  const groups = groupsOf(c.node);
  const [inputs, perGroup] = [weight[0]!, weight[1]!];
  const { vectors, passing } = readInput(c, inputs);
  const spatial = weight.flatMap((_, axis) => (axis > 1 ? [axis] : []));
  const kernel = { out: 1, in: 0, spatial, flipped: true };
  if (groups > 1 && groups === inputs && perGroup === 1) {
    return [[...producedLabels(c, rank, 1, coupleDepthwise(c, vectors, 1, true)), ...passing]];
  }
  for (const ids of vectors) {
    c.use({ input: 1, role: 'consume', axis: 0, flow: ids, kernel });
    balanceBlocks(c, 'in', ids, groups);
  }
  const out = c.mint('produce', perGroup * groups, [], c.nextUse());
  for (let g = 0; g < groups; g++) {
    const rows = inputs / groups;
    const within = groups === 1 ? undefined : { axis: 0, from: g * rows, to: (g + 1) * rows };
    const flow = out.subarray(g * perGroup, (g + 1) * perGroup);
    c.use({ input: 1, role: 'produce', axis: 1, flow, kernel, ...(within && { within }) });
  }
  balanceBlocks(c, 'out', out, groups);
  bias(c, out);
  return [[...producedLabels(c, rank, 1, out), ...passing]];
}

/** Every group must keep the same number of its channels; one that has a single channel keeps it. */
function balanceBlocks(c: CouplingContext, side: 'in' | 'out', ids: Int32Array, groups: number): void {
  if (groups === 1) return;
  const size = ids.length / groups;
  if (size === 1) c.freeze([alongAxis(1, 0, ids)], 'has a single channel per group, which must stay');
  else
    c.constrain(
      side,
      Array.from({ length: groups }, (_, g) => ids.subarray(g * size, (g + 1) * size)),
    );
}

/** A depthwise weight keeps one group per channel, a grouped one as many groups as still hold channels. */
function rewriteGroups(c: RewriteContext): readonly Node[] {
  const groups = groupsOf(c.node);
  if (groups === 1) return [c.node];
  const channels = c.inShape(0)[1]!;
  const kept = c.keptIn(0, 1);
  if (!kept) return [c.node];
  const perGroup = channels / groups;
  const alive = new Set(Array.from(kept, (position) => Math.floor(position / perGroup))).size;
  return alive === groups ? [c.node] : [withAttribute(c.node, 'group', alive)];
}

const convMacs = (facts: CostFacts): number =>
  elementCount(facts.outShape(0)) * elementCount(facts.inShape(1).slice(1));
const transposedMacs = (facts: CostFacts): number =>
  elementCount(facts.inShape(0)) * elementCount(facts.inShape(1).slice(1));

/** Records of the convolution family. */
export const convolutions: Readonly<Record<string, Operator>> = {
  Conv: { couple: coupleConv, macs: convMacs, rewrite: rewriteGroups, linear: convLayer },
  ConvTranspose: {
    couple: coupleConvTranspose,
    macs: transposedMacs,
    rewrite: rewriteGroups,
    linear: convTransposeLayer,
  },
};
