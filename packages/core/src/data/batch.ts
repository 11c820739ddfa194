// Samples gathered into the arrays a session is fed.

import { EspalierError } from '../errors.ts';
import type { ArrayData, NdArray } from '../onnx/nd-array.ts';
import type { Sample, Target } from './dataset.ts';
import type { Image } from './image.ts';
import type { Placement } from './placement.ts';
import { type Preprocess, preprocessedDims, writePreprocessed } from './preprocess.ts';

/** Consecutive samples, ready to run. */
export interface Batch {
  /** Batch axis first; float32 for images, the type of the samples for arrays. */
  readonly input: NdArray;
  readonly ids: readonly string[];
  readonly targets: readonly Target[];
  /** Where each image came to lie on the input; empty for arrays. */
  readonly placements: readonly Placement[];
}

/**
 * Gathers samples into batches of `batchSize` (the last one may be smaller), preprocessing images straight into the batch;
 * array samples are stacked as they are. Errors, kind `data`: `data.wrong-size` when arrays differ in shape or type,
 * `data.wrong-channels` when images of one batch are fed with different channel counts, `data.mixed-samples` when images and
 * arrays are mixed; and those of `applyPreprocess`.
 */
export async function* collate(
  samples: AsyncIterable<Sample>,
  batchSize: number,
  preprocess: Preprocess,
): AsyncGenerator<Batch> {
  let waiting: Sample[] = [];
  for await (const sample of samples) {
    waiting.push(sample);
    if (waiting.length < batchSize) continue;
    yield gather(waiting, preprocess);
    waiting = [];
  }
  if (waiting.length > 0) yield gather(waiting, preprocess);
}

function gather(samples: readonly Sample[], preprocess: Preprocess): Batch {
  const images: Image[] = [];
  const arrays: NdArray[] = [];
  for (const { input } of samples) {
    if (input.kind === 'image') images.push(input.image);
    else arrays.push(input.array);
  }
  const ids = samples.map((sample) => sample.id);
  const targets = samples.map((sample) => sample.target);
  if (images.length > 0 && arrays.length > 0) {
    throw new EspalierError({
      kind: 'data',
      code: 'data.mixed-samples',
      message: `Samples '${ids[0]}' to '${ids.at(-1)}' hold both images and arrays.`,
      hint: 'Evaluate images and arrays as separate data sets.',
    });
  }
  if (arrays.length > 0) return { input: stackArrays(arrays, ids), ids, targets, placements: [] };

  const dims = preprocessedDims(preprocess, images[0]!.channels);
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = new Float32Array(images.length * size);
  const placements = images.map((image, i) => {
    if (String(preprocessedDims(preprocess, image.channels)) !== String(dims)) {
      throw new EspalierError({
        kind: 'data',
        code: 'data.wrong-channels',
        message: `Sample '${ids[i]}' has ${image.channels} channels, '${ids[0]}' has ${images[0]!.channels}.`,
        hint: "Choose channels 'rgb' or 'grey' instead of 'keep', or sort the images out.",
      });
    }
    return writePreprocessed(image, preprocess, data, i * size);
  });
  return { input: { type: 'float32', dims: [images.length, ...dims], data }, ids, targets, placements };
}

/** Stacks arrays of one shape and type along a new first axis. `data.wrong-size` names the one that differs. */
export function stackArrays(arrays: readonly NdArray[], names: readonly string[]): NdArray {
  const first = arrays[0]!;
  const odd = arrays.findIndex(
    (array) => array.type !== first.type || String(array.dims) !== String(first.dims),
  );
  if (odd >= 0) {
    const differs = arrays[odd]!;
    throw new EspalierError({
      kind: 'data',
      code: 'data.wrong-size',
      message: `Array '${names[odd]}' is ${differs.type} [${differs.dims}], '${names[0]}' is ${first.type} [${first.dims}].`,
      hint: 'All arrays of a batch need the same shape and type; use a batch size of 1 otherwise.',
    });
  }
  const size = first.data.length;
  const Data = first.data.constructor as new (length: number) => ArrayData;
  const data = new Data(arrays.length * size);
  // One type was checked above, so number and bigint arrays never meet here.
  for (const [i, array] of arrays.entries()) (data as Float32Array).set(array.data as Float32Array, i * size);
  return { type: first.type, dims: [arrays.length, ...first.dims], data };
}
