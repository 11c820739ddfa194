// Back from training to an ordinary model: trained values into the constants they came from, restored normalizations folded again, numbers too
// small for a processor's fast path set to zero.
import { flushDenormals } from '../graph/denormals.ts';
import { nodeId, type TracedModel } from '../graph/traced-model.ts';
import type { Model } from '../onnx/model.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { type ConstantEdit, replaceConstants } from '../recovery/replace-constants.ts';
import { foldNorm, type RestoredNorm } from './batch-norms.ts';
import type { Parameter } from './parameters.ts';
import type { RunningStatistic } from './statistics.ts';

/** What was trained, and how it lies in the vectors. */
export interface TrainedValues {
  /** The traced model that was trained, with its restored normalizations. */
  readonly traced: TracedModel;
  readonly norms: readonly RestoredNorm[];
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly RunningStatistic[];
  /** Vector of all parameters, and of all statistics. */
  readonly weights: Float32Array;
  readonly running: Float32Array;
}

/** The original model with what was learned. */
export function exportTrained(original: Model, trained: TrainedValues): Model {
  const { traced, norms, parameters, statistics, weights, running } = trained;
  const learned = new Map<string, NdArray>();
  for (const { value, dims, offset, size } of parameters) {
    learned.set(value, { type: 'float32', dims, data: weights.slice(offset, offset + size) });
  }
  for (const { value, offset, size } of statistics) {
    learned.set(value, { type: 'float32', dims: [size], data: running.slice(offset, offset + size) });
  }
  const read = (value: string): NdArray => learned.get(value) ?? traced.constantOf(value)!;
  const restored = new Set(
    norms.flatMap(({ weight, scale, bias, mean, variance }) => [weight, scale, bias, mean, variance]),
  );
  const edits: ConstantEdit[] = norms.flatMap((norm) => {
    const { weight, bias } = foldNorm(norm, read);
    return [
      { node: norm.output, input: 1, array: weight },
      { node: norm.output, input: 2, array: bias },
    ];
  });
  for (const [value, array] of learned) {
    if (restored.has(value)) continue;
    for (const { node, slot } of traced.wiring.consumers.get(value) ?? []) {
      edits.push({ node: nodeId(traced.nodes[node]!), input: slot, array });
    }
  }
  return flushDenormals(replaceConstants(original, edits));
}
