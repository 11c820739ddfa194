// Class labels as a classifier's loss is fed them, and the check that they fit it.
import { EspalierError } from '../errors.ts';
import type { NdArray } from '../onnx/nd-array.ts';
import type { ClassLabel, Dataset, Target } from './dataset.ts';

/** The part of a batch that labels come from. */
export interface LabelledBatch {
  readonly ids: readonly string[];
  readonly targets: readonly Target[];
}

/**
 * Checks the labels of a whole data set against a classifier of `width` outputs, before anything is computed. False where the format does not tell
 * its labels early; then `classIndices` and `oneHotClasses` find what does not fit. Error, kind `data`: `data.label-out-of-range` naming the first sample.
 */
export async function checkClassLabels(dataset: Dataset, width: number): Promise<boolean> {
  const labels = await dataset.classLabels?.();
  for (const label of labels ?? []) checkWidth(label, width);
  return labels !== undefined;
}

/** The class of each sample, int64 [batch]. Errors, kind `data`: `data.no-class`, `data.label-out-of-range`, both naming the sample. */
export function classIndices(batch: LabelledBatch, width: number): NdArray {
  const classes = readClasses(batch, width);
  return { type: 'int64', dims: [classes.length], data: BigInt64Array.from(classes, BigInt) };
}

/** The class of each sample as a distribution, float32 [batch, width]: 1 on the class, 0 elsewhere. Errors as `classIndices`. */
export function oneHotClasses(batch: LabelledBatch, width: number): NdArray {
  const classes = readClasses(batch, width);
  const data = new Float32Array(classes.length * width);
  for (const [i, index] of classes.entries()) data[i * width + index] = 1;
  return { type: 'float32', dims: [classes.length, width], data };
}

function readClasses({ ids, targets }: LabelledBatch, width: number): readonly number[] {
  return targets.map((target, i) => {
    const id = ids[i]!;
    if (target.kind !== 'class') {
      throw new EspalierError({
        kind: 'data',
        code: 'data.no-class',
        message: `Sample '${id}' has ${target.kind === 'none' ? 'no label' : `${target.kind} as its target`}, where a class is needed.`,
        hint: 'Train without labels from a teacher, or give a data set with one class per sample.',
      });
    }
    checkWidth({ id, index: target.index }, width);
    return target.index;
  });
}

function checkWidth({ id, index }: ClassLabel, width: number): void {
  if (index < width) return;
  throw new EspalierError({
    kind: 'data',
    code: 'data.label-out-of-range',
    message: `The label ${index} of sample '${id}' does not fit the classifier, whose ${width} outputs are the classes 0 to ${width - 1}.`,
    hint: 'Check the format and the record shape of the data, or take a model with as many outputs as there are classes.',
  });
}
