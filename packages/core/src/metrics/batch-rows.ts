// How metrics reach into a batch: one output, one row of it per sample, one target of the kind they understand.
import type { Target } from '../data/dataset.ts';
import { EspalierError } from '../errors.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import { toFloat32 } from '../onnx/tensor.ts';
import type { BatchOutputs } from './metric.ts';

/** The output of that name, default the first one. `metrics.no-output` when the model has none such. */
export function selectOutput(batch: BatchOutputs, name?: string): NdArray {
  const names = Object.keys(batch.outputs);
  const output = batch.outputs[name ?? names[0] ?? ''];
  if (output !== undefined) return output;
  throw new EspalierError({
    kind: 'data',
    code: 'metrics.no-output',
    message: `The model has no output '${name ?? ''}'; its outputs are: ${names.join(', ') || 'none'}.`,
    hint: 'Name one of the outputs of the model.',
  });
}

/**
 * The elements of each sample, as views where the array is float32 already. `metrics.wrong-output` when the batch axis is not
 * `count` long.
 */
export function splitRows(array: NdArray, count: number): readonly Float32Array[] {
  if (array.dims[0] !== count) {
    throw wrongOutput(array.dims, `has not the ${count} rows of its batch`);
  }
  const data = toFloat32(array);
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => data.subarray(i * size, (i + 1) * size));
}

/** The error for an output whose shape a metric or a decoder cannot read, kind `data`, code `metrics.wrong-output`. */
export function wrongOutput(dims: readonly number[], problem: string): EspalierError {
  return new EspalierError({
    kind: 'data',
    code: 'metrics.wrong-output',
    message: `An output of shape [${dims.join(', ')}] ${problem}.`,
    hint: 'Check that the metric or layout chosen is the one of this model.',
  });
}

/** The targets, all of one kind. `metrics.wrong-target` names the first that is of another. */
export function targetsOfKind<Kind extends Target['kind']>(
  targets: readonly Target[],
  kind: Kind,
): readonly Extract<Target, { kind: Kind }>[] {
  const odd = targets.findIndex((target) => target.kind !== kind);
  if (odd < 0) return targets as readonly Extract<Target, { kind: Kind }>[];
  throw wrongTarget(`Sample ${odd} of a batch has a target of kind '${targets[odd]!.kind}', not '${kind}'.`);
}

/** The error for a target that does not go with the metric, kind `data`, code `metrics.wrong-target`. */
export function wrongTarget(message: string): EspalierError {
  return new EspalierError({
    kind: 'data',
    code: 'metrics.wrong-target',
    message,
    hint: 'Choose the metric that belongs to the labels of this data set, or compare with the original by agreement.',
  });
}
