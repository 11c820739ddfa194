// Batches for training, addressed by step: shuffled, augmented, made ahead of time on worker threads. What a step holds depends on the data, the
// options and the step's number alone, not on threads or on where a run was resumed.
import {
  type Augment,
  type Batch,
  checkAugment,
  countSteps,
  type Dataset,
  EspalierError,
  epochOrder,
  formatAugment,
  movesPixels,
  NO_AUGMENT,
  type Preprocess,
  preprocessedDims,
  type Sample,
} from '@espalier/core';
import { startTrainingThreads } from '../workers/training-threads.ts';
import { dataError } from './data-error.ts';
import { type DatasetOptions, openDataset } from './open-dataset.ts';
import {
  type BatchRequest,
  type BatchSource,
  type CorruptImage,
  createBatchMaker,
  type FilledBatch,
} from './training-batch.ts';

/** What is trained on, and how it is fed. */
export interface TrainingLoaderOptions {
  /** Path and options of the data set, as `openDataset` takes them: every thread opens it for itself. */
  readonly path: string;
  readonly dataset?: DatasetOptions;
  /** Ignored for arrays. */
  readonly preprocess: Preprocess;
  /** Default: none. */
  readonly augment?: Augment;
  /** Samples per batch, at least 1. */
  readonly batch: number;
  readonly seed: number;
  /** The part of the data set that is trained on; default: all of it. */
  readonly positions?: ArrayLike<number>;
  /** Threads that make batches; 0 makes them where `next` is called. Default 1. */
  readonly workers?: number;
  /** Most bytes of decoded pictures to keep, over all threads together. Default 1 GiB. */
  readonly cacheBytes?: number;
  /** Corrupt pictures to do without before giving up. Default: 1 % of the pictures, at least 10. */
  readonly corruptLimit?: number;
  /** Called once for each corrupt picture, when the first step that would have held it is delivered. */
  readonly onCorrupt?: (image: CorruptImage) => void;
}

/** A batch of exactly the size asked for; `input` is float32. */
export interface TrainingBatch extends Batch {
  readonly step: number;
  /** Counted from 0. */
  readonly epoch: number;
}

/** An open loader. Close it: its threads keep the process alive. */
export interface TrainingLoader {
  readonly dataset: Dataset;
  /** Number of samples that are trained on. */
  readonly size: number;
  readonly stepsPerEpoch: number;
  /** Shape of every batch's input. */
  readonly dims: readonly number[];
  /**
   * The batch of a step, counted from 0 over all epochs; the ones after it are then made in the background. Steps may be asked for in any order.
   * Errors: those of `createBatchMaker`, `data.too-many-corrupt` (kind `data`), `workers.failed`, `workers.closed`.
   */
  next(step: number): Promise<TrainingBatch>;
  /** Gives a batch's memory back for a later one; its `input` must not be used any more. Optional, but saves allocations. */
  recycle(batch: TrainingBatch): void;
  close(): Promise<void>;
}

const DEFAULT_CACHE_BYTES = 2 ** 30;

/**
 * Opens a data set for training. Errors: those of `openDataset`; kind `data`: `data.too-few` (not one full batch), `data.too-many-corrupt`; kind
 * `usage`: `augment.bad-value` (too large for the pictures), `augment.not-pictures` (arrays), `augment.fixed-targets` (masks and images as targets do not
 * follow what moves).
 */
export async function openTrainingLoader(options: TrainingLoaderOptions): Promise<TrainingLoader> {
  const { batch, seed, preprocess, workers = 1, augment = NO_AUGMENT } = options;
  const dataset = await openDataset(options.path, options.dataset);
  const positions = Uint32Array.from(options.positions ?? { length: dataset.size }, (position, i) =>
    options.positions ? position : i,
  );
  const stepsPerEpoch = countSteps(positions.length, batch, dataset.name);
  // With every picture corrupt there is none left to take a place.
  const limit = Math.min(
    options.corruptLimit ?? Math.max(10, Math.floor(positions.length / 100)),
    positions.length - 1,
  );
  const sampleDims = checkSample(await firstSample(dataset), preprocess, augment);
  const source: BatchSource = {
    path: options.path,
    dataset: options.dataset ?? {},
    preprocess,
    augment,
    seed,
    positions,
    dims: sampleDims,
    cacheBytes: options.cacheBytes ?? DEFAULT_CACHE_BYTES,
    corruptLimit: limit,
  };
  const dims = [batch, ...sampleDims];
  const size = dims.reduce((product, dim) => product * dim, 1);
  const maker =
    workers > 0
      ? startTrainingThreads(source, workers)
      : { make: createBatchMaker(dataset, source), close: async () => {} };
  const ahead = workers > 0 ? workers + 1 : 0;

  const spare: Float32Array<ArrayBuffer>[] = [];
  const made = new Map<number, Promise<FilledBatch>>();
  const corrupt = new Map<number, CorruptImage>();
  const orders = createOrders(positions.length, seed);
  let closed = false;

  const request = (step: number): Promise<FilledBatch> => {
    const epoch = Math.floor(step / stepsPerEpoch);
    const first = (step % stepsPerEpoch) * batch;
    const places = orders(epoch).slice(first, first + batch);
    const data = spare.pop() ?? new Float32Array(size);
    const asked: BatchRequest = { step, epoch, places, data };
    const making = maker.make(asked);
    // A failure is reported when its step is asked for; until then it must not count as unhandled.
    making.catch(() => {});
    return making;
  };

  const note = (found: readonly CorruptImage[]): void => {
    for (const image of found) {
      if (corrupt.has(image.position)) continue;
      corrupt.set(image.position, image);
      options.onCorrupt?.(image);
    }
    if (corrupt.size > limit) throw tooManyCorrupt(dataset.name, [...corrupt.values()], limit);
  };

  return {
    dataset,
    size: positions.length,
    stepsPerEpoch,
    dims,
    async next(step) {
      if (closed) throw loaderClosed(step);
      for (const other of made.keys()) {
        if (other < step || other > step + ahead) made.delete(other);
      }
      for (let soon = step; soon <= step + ahead; soon++) {
        if (!made.has(soon)) made.set(soon, request(soon));
      }
      const { data, corrupt: found, ids, targets, placements } = await made.get(step)!;
      made.delete(step);
      note(found);
      const input = { type: 'float32', dims, data } as const;
      return { step, epoch: Math.floor(step / stepsPerEpoch), input, ids, targets, placements };
    },
    recycle({ input }) {
      const data = input.data as Float32Array<ArrayBuffer>;
      // Memory that went on to another thread has no elements left.
      if (data.length === size && !spare.includes(data)) spare.push(data);
    },
    async close() {
      closed = true;
      made.clear();
      await maker.close();
    },
  };
}

/** The orders of the two epochs that prefetching may touch. */
function createOrders(size: number, seed: number): (epoch: number) => Uint32Array {
  const orders = new Map<number, Uint32Array>();
  return (epoch) => {
    const known = orders.get(epoch);
    if (known) return known;
    if (orders.size > 1) orders.delete(orders.keys().next().value!);
    const order = epochOrder(size, seed, epoch);
    orders.set(epoch, order);
    return order;
  };
}

async function firstSample(dataset: Dataset): Promise<Sample> {
  const corrupt: CorruptImage[] = [];
  const onCorrupt = ({ message }: Error) => corrupt.push({ position: corrupt.length, message });
  for await (const sample of dataset.samples({ corruptLimit: dataset.size, onCorrupt })) return sample;
  throw tooManyCorrupt(dataset.name, corrupt, dataset.size - 1);
}

/** The shape of a sample on the input, once it is clear that it can be augmented. */
function checkSample(
  { id, input, target }: Sample,
  preprocess: Preprocess,
  augment: Augment,
): readonly number[] {
  const text = formatAugment(augment);
  if (input.kind === 'array' && text !== 'none') {
    throw new EspalierError({
      kind: 'usage',
      code: 'augment.not-pictures',
      message: `Augmentation '${text}' is for pictures, but sample '${id}' is an array ${input.array.type} [${input.array.dims}].`,
      hint: 'Leave it out, or save the pictures as uint8.',
    });
  }
  const isFixed = target.kind === 'mask' || (target.kind === 'array' && target.array.dims.length > 1);
  if (isFixed && movesPixels(augment)) {
    throw new EspalierError({
      kind: 'usage',
      code: 'augment.fixed-targets',
      message: `Augmentation '${text}' moves pixels, but the ${target.kind} that is the target of sample '${id}' would stay where it is.`,
      hint: 'Use only jitter and cutout here.',
    });
  }
  if (input.kind === 'array') return input.array.dims;
  checkAugment(augment, preprocess);
  return preprocessedDims(preprocess, input.image.channels);
}

function tooManyCorrupt(name: string, images: readonly CorruptImage[], limit: number): EspalierError {
  const first = images.slice(0, 3).map(({ message }) => message);
  return dataError(
    'data.too-many-corrupt',
    `${images.length} pictures of '${name}' cannot be decoded, more than the ${limit} that may be replaced. The first: ${first.join(' ')}`,
    'Replace or remove these files, or allow more corrupt ones.',
  );
}

function loaderClosed(step: number): EspalierError {
  return new EspalierError({
    kind: 'interrupted',
    code: 'workers.closed',
    message: `The training loader was closed before step ${step} was asked for.`,
  });
}
