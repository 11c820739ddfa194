// Recalibration: mean and spread of every channel are made what they were in the original, by scales and shifts alone.
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { operatorOf } from '../ops/table.ts';
import { Frontier } from '../piecewise/frontier.ts';
import { traceModel } from '../trace/trace.ts';
import { type ChannelStatistics, channelStatistics } from './channel-statistics.ts';
import { constantsOf, editsOf, toMatrix } from './layer-weights.ts';
import { type MatchedLayer, matchLayers } from './matched-layers.ts';
import { unknownCount } from './moments-graph.ts';
import type { LayerRecovery, Recovery, RecoveryProgress, RecoveryTask } from './recovery.ts';
import { type ConstantEdit, replaceConstants } from './replace-constants.ts';

/** A channel is stretched or shrunk by at most this factor: a nearly silent one has no spread worth restoring. */
const MAX_GAIN = 16;

/** A channel varies when its variance is more than this share of the mean of all. */
const SILENT = 1e-6;

/** A correction of one node. */
interface Correction {
  readonly edits: readonly ConstantEdit[];
  readonly report: LayerRecovery;
}

/**
 * Corrects, in execution order, every layer whose input the cut changed. A layer gets the scale and shift per output channel that give its output the
 * original's mean and variance; a BatchNormalization behind it gets the mean and variance of its present input instead, and does the same with
 * them. Channels that hardly vary are only shifted; layers without a place for a bias stay as they are. Errors: `recovery.other-cut` (usage), those of the engine. Statistics
 * re-estimated after a cut: EagleEye (Li and others: Fast Sub-net Evaluation for Efficient Neural Network Pruning, 2020).
 */
export async function* recalibrate(task: RecoveryTask): AsyncGenerator<RecoveryProgress, Recovery> {
  const { original, coupling, keep, pruned, feeds, engine, signal } = task;
  const cut = await traceModel(pruned, engine);
  const { layers, clean } = matchLayers(original, coupling, keep, cut);
  const matched = new Map(layers.map((layer) => [layer.node, layer]));
  const before = new Frontier(original, feeds, engine);
  const now = new Frontier(cut, feeds, engine);
  let model = cut.model;
  const reports: LayerRecovery[] = [];
  const skipped: Recovery['skipped'][number][] = [];
  for (const [index, node] of cut.nodes.entries()) {
    signal?.throwIfAborted();
    const layer = matched.get(index);
    if (layer) yield { type: 'recovery.progress', done: layers.indexOf(layer), total: layers.length };
    let correction: Correction | undefined;
    if (holdsStatistics(cut, index)) {
      if (!clean.has(node.inputs[0]!)) correction = await restate(cut, index, now);
    } else if (layer && !layer.untouched && !isNormalised(cut, layer)) {
      if (layer.layer.bias === undefined) {
        skipped.push({ node: layer.output, reason: `${layer.opType} has no place for a bias` });
      } else correction = await rescale(layer, cut, before, now);
    }
    if (!correction) continue;
    model = replaceConstants(model, correction.edits);
    now.update(model);
    reports.push(correction.report);
  }
  return { model, layers: reports, skipped };
}

/** Whether the node normalises by constant statistics. */
function holdsStatistics(cut: TracedModel, index: number): boolean {
  const node = cut.nodes[index]!;
  const inputs = operatorOf(node)?.statistics;
  return (
    inputs !== undefined &&
    [inputs.mean, inputs.variance].every((input) => cut.kindOf(node.inputs[input] ?? '') === 'constant')
  );
}

/** Whether the output of a layer is only ever read by a node that holds statistics. */
function isNormalised(cut: TracedModel, { output }: MatchedLayer): boolean {
  const readers = cut.wiring.consumers.get(output) ?? [];
  return readers.length > 0 && readers.every(({ node, slot }) => slot === 0 && holdsStatistics(cut, node));
}

/** Present statistics of a normalisation's input in the place of the old ones. */
async function restate(cut: TracedModel, index: number, now: Frontier): Promise<Correction> {
  const node = cut.nodes[index]!;
  const inputs = operatorOf(node)!.statistics!;
  const [value] = await now.advance([node.inputs[0]!]);
  const present = channelStatistics(value!, 1);
  const stated = (input: number): Float64Array =>
    Float64Array.from(cut.constantOf(node.inputs[input]!)!.data as Float32Array);
  const wanted = { mean: stated(inputs.mean), variance: stated(inputs.variance) };
  const vector = (values: Float64Array): NdArray => ({
    type: 'float32',
    dims: [values.length],
    data: Float32Array.from(values),
  });
  return {
    edits: [
      { node: nodeId(node), input: inputs.mean, array: vector(present.mean) },
      { node: nodeId(node), input: inputs.variance, array: vector(present.variance) },
    ],
    report: describe(nodeId(node), node.opType, distance(present, wanted), 0),
  };
}

/** Scale and shift of a layer's output channels. */
async function rescale(
  { node: index, layer, data, output, kept }: MatchedLayer,
  cut: TracedModel,
  before: Frontier,
  now: Frontier,
): Promise<Correction> {
  await now.advance([data]);
  const [present] = await now.peek([output]);
  const [target] = await before.advance([output]);
  const found = channelStatistics(present!, layer.outAxis);
  const wanted = channelStatistics(target!, layer.outAxis, kept);
  const gains = chooseGains(found, wanted);
  const node = cut.nodes[index]!;
  const constants = constantsOf(cut, node, layer);
  const matrix = toMatrix(layer, constants);
  const [unknowns, { outputs }] = [unknownCount(layer), layer];
  for (let at = 0; at < matrix.length; at++) {
    const group = Math.floor(at / (unknowns * outputs));
    const channel = group * outputs + (at % outputs);
    const isBias = Math.floor(at / outputs) % unknowns === unknowns - 1;
    matrix[at]! *= gains[channel]!;
    if (isBias) matrix[at]! += wanted.mean[channel]! - gains[channel]! * found.mean[channel]!;
  }
  const corrected = { mean: wanted.mean, variance: found.variance.map((v, c) => v * gains[c]! ** 2) };
  return {
    edits: editsOf(output, layer, matrix, constants),
    report: describe(output, node.opType, distance(found, wanted), distance(corrected, wanted)),
  };
}

function chooseGains(found: ChannelStatistics, wanted: ChannelStatistics): Float64Array {
  const least = (SILENT * found.variance.reduce((a, b) => a + b, 0)) / Math.max(found.variance.length, 1);
  return found.variance.map((variance, c) =>
    variance > least
      ? Math.min(Math.max(Math.sqrt(wanted.variance[c]! / variance), 1 / MAX_GAIN), MAX_GAIN)
      : 1,
  );
}

/** Mean square difference of means and of standard deviations, over the mean variance wanted. */
function distance(found: ChannelStatistics, wanted: ChannelStatistics): number {
  let [sum, scale] = [0, 0];
  for (const [c, variance] of wanted.variance.entries()) {
    sum += (found.mean[c]! - wanted.mean[c]!) ** 2;
    sum += (Math.sqrt(found.variance[c]!) - Math.sqrt(variance)) ** 2;
    scale += variance;
  }
  return scale > 0 ? sum / scale : 0;
}

function describe(node: string, opType: string, errorBefore: number, errorAfter: number): LayerRecovery {
  return { node, opType, target: 'output', errorBefore, errorAfter };
}
