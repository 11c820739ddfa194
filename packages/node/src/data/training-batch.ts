// One training batch: samples of given places decoded (or taken from the cache), preprocessed and augmented into one array. Runs
// inline and in worker threads alike, so what it is made from is plain data.
import {
  type Augment,
  augmentPlacement,
  type Dataset,
  drawAugment,
  EspalierError,
  type FittedImage,
  fitImage,
  type Placement,
  type Preprocess,
  preprocessedDims,
  type Sample,
  type Target,
  writeAugmented,
  writeFitted,
} from '@espalier/core';
import { dataError } from './data-error.ts';
import type { DatasetOptions } from './open-dataset.ts';

/** All that batches of a run have in common. */
export interface BatchSource {
  readonly path: string;
  readonly dataset: DatasetOptions;
  readonly preprocess: Preprocess;
  readonly augment: Augment;
  readonly seed: number;
  /** Positions in the data set that are trained on. A *place* is an index into this list. */
  readonly positions: Uint32Array;
  /** Shape of one sample on the model's input, no batch axis. */
  readonly dims: readonly number[];
  /** Most bytes of decoded pictures to keep for later epochs. */
  readonly cacheBytes: number;
  /** How many corrupt pictures in a row are passed over in search of a good one. */
  readonly corruptLimit: number;
}

/** Which batch to make. */
export interface BatchRequest {
  readonly step: number;
  readonly epoch: number;
  readonly places: Uint32Array;
  /** The memory to fill: as many values as the places' samples have. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** A picture that cannot be decoded. */
export interface CorruptImage {
  /** Its position in the data set. */
  readonly position: number;
  /** The sentence that names the file. */
  readonly message: string;
}

/** A made batch; with more corrupt pictures in a row than the source's limit it is incomplete. */
export interface FilledBatch {
  readonly data: Float32Array<ArrayBuffer>;
  readonly ids: readonly string[];
  readonly targets: readonly Target[];
  /** Where each picture lies on the input, augmentation included; empty for arrays. */
  readonly placements: readonly Placement[];
  /** The corrupt pictures that were met, each followed by the one that took its place or was corrupt too. */
  readonly corrupt: readonly CorruptImage[];
}

/** A sample as it is kept between epochs: decoded and in its final size, not yet floats. */
interface ReadySample {
  readonly id: string;
  readonly target: Target;
  readonly input: FittedImage | Float32Array;
  readonly bytes: number;
}

/** Loads in flight: enough to keep the decoder's threads busy. */
const AHEAD = 8;

/**
 * Makes batches of one run, one at a time. A corrupt picture is replaced by that of the next good place (after the last comes the first), which is
 * augmented as its own position says; so a place always gives the same picture. Errors, kind `data`: those of the reader but `data.corrupt-image`, those
 * of `fitImage`, `data.wrong-size` and `data.wrong-channels` when a sample has another shape than the source says.
 */
export function createBatchMaker(
  dataset: Dataset,
  source: BatchSource,
): (request: BatchRequest) => Promise<FilledBatch> {
  const { positions, preprocess, augment, seed } = source;
  const sampleSize = source.dims.reduce((product, dim) => product * dim, 1);
  const kept = new Map<number, ReadySample | CorruptImage>();
  const scratch = new Float32Array(sampleSize);
  let spare = source.cacheBytes;

  const load = async (position: number): Promise<ReadySample | CorruptImage> => {
    const known = kept.get(position);
    if (known) return known;
    const loaded = await readUnlessCorrupt(dataset, position, source);
    const bytes = 'bytes' in loaded ? loaded.bytes : 0;
    // Every picture comes once an epoch, so the first ones are worth as much as the latest: nothing is ever thrown out.
    if (bytes <= spare && !kept.has(position)) {
      spare -= bytes;
      kept.set(position, loaded);
    }
    return loaded;
  };

  const findGood = async (place: number) => {
    const corrupt: CorruptImage[] = [];
    for (let at = place; corrupt.length <= source.corruptLimit; at = (at + 1) % positions.length) {
      const position = positions[at]!;
      const loaded = await load(position);
      if ('bytes' in loaded) return { corrupt, position, sample: loaded };
      corrupt.push(loaded);
    }
    return { corrupt };
  };

  const write = (sample: ReadySample, epoch: number, position: number, out: Float32Array, offset: number) => {
    if (sample.input instanceof Float32Array) {
      out.set(sample.input, offset);
      return undefined;
    }
    const draw = drawAugment(augment, preprocess, { seed, epoch, position });
    const channels = sampleSize / (preprocess.width * preprocess.height);
    writeFitted(sample.input, preprocess, scratch, 0);
    writeAugmented(scratch, channels, preprocess, draw, out, offset);
    return augmentPlacement(sample.input.placement, draw, preprocess.width);
  };

  return async ({ places, epoch, data }) => {
    const ids: string[] = [];
    const targets: Target[] = [];
    const placements: Placement[] = [];
    const corrupt: CorruptImage[] = [];
    const flight: ReturnType<typeof findGood>[] = [];
    for (let slot = 0, next = 0; slot < places.length; slot++) {
      while (next < places.length && flight.length < AHEAD) {
        const finding = findGood(places[next++]!);
        // A failure is reported when its turn comes; until then it must not count as unhandled.
        finding.catch(() => {});
        flight.push(finding);
      }
      const found = await flight.shift()!;
      corrupt.push(...found.corrupt);
      if (!found.sample) break;
      const placement = write(found.sample, epoch, found.position, data, slot * sampleSize);
      ids.push(found.sample.id);
      targets.push(found.sample.target);
      if (placement) placements.push(placement);
    }
    return { data, ids, targets, placements, corrupt };
  };
}

async function readUnlessCorrupt(
  dataset: Dataset,
  position: number,
  source: BatchSource,
): Promise<ReadySample | CorruptImage> {
  try {
    return prepare(await dataset.sampleAt(position), source);
  } catch (error) {
    if (!(error instanceof EspalierError) || error.code !== 'data.corrupt-image') throw error;
    return { position, message: error.message };
  }
}

function prepare({ id, target, input }: Sample, { preprocess, dims }: BatchSource): ReadySample {
  if (input.kind === 'array') {
    const { type, data } = input.array;
    if (type === 'float32' && String(input.array.dims) === String(dims)) {
      return { id, target, input: data as Float32Array, bytes: data.byteLength };
    }
    throw dataError(
      'data.wrong-size',
      `Array '${id}' is ${type} [${input.array.dims}], where float32 [${dims}] is trained on.`,
      'Save all inputs as float32 arrays of one shape.',
    );
  }
  const { image } = input;
  if (String(preprocessedDims(preprocess, image.channels)) !== String(dims)) {
    throw dataError(
      'data.wrong-channels',
      `Sample '${id}' has ${image.channels} channels, which do not give the input [${dims}] of the samples before it.`,
      "Choose channels 'rgb' or 'grey' instead of 'keep', or sort the images out.",
    );
  }
  const fitted = fitImage(image, preprocess);
  return { id, target, input: fitted, bytes: fitted.image.data.byteLength };
}
