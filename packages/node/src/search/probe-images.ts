// The samples that probes are judged by: read once, in an order in which every beginning is a fair sample, in batches of one size.
import {
  type BatchOutputs,
  choosePositions,
  collate,
  type Dataset,
  EspalierError,
  epochOrder,
  type NdArray,
  type Preprocess,
  pickSamples,
  RANDOM_GROUPS,
  type Session,
  type Target,
} from '@espalier/core';
import { dataInput, fixedBatch, prepareFeeds } from '../pipeline/run-batch.ts';

/** One batch, ready to feed. */
export interface ProbeBatch {
  readonly feeds: Readonly<Record<string, NdArray>>;
  readonly targets: readonly Target[];
  readonly placements: BatchOutputs['placements'];
}

/** Rows that the model computes for a batch: its samples, and zeros where it insists on more than there are. */
export function rowsOf({ feeds }: ProbeBatch): number {
  return Object.values(feeds)[0]!.dims[0]!;
}

/** Which samples are read. */
export interface ProbeImagesOptions {
  readonly dataset: Dataset;
  readonly preprocess: Preprocess;
  /** At most so many, every class with its share; default all. */
  readonly limit?: number;
  /** Samples per run where the model leaves it open; default 32, fewer where that gave no ten batches. */
  readonly batch?: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_BATCH = 32;

/**
 * Reads the batches, shuffled by the seed. What does not fill a batch is left out, unless it is all there is. Errors, kind data: `data.empty`,
 * those of the reader and of `prepareFeeds`.
 */
export async function readProbeImages(
  session: Session,
  { dataset, preprocess, limit, batch, seed, signal }: ProbeImagesOptions,
): Promise<readonly ProbeBatch[]> {
  const labels = await dataset.classLabels?.();
  const classes = labels?.map(({ index }) => index);
  const chosen = choosePositions(dataset.size, classes, limit);
  const positions = Array.from(epochOrder(chosen.length, seed, 0), (place) => chosen[place]!);
  const most = Math.max(1, Math.floor(positions.length / RANDOM_GROUPS));
  const size = fixedBatch(dataInput(session)) ?? batch ?? Math.min(DEFAULT_BATCH, most);
  const picked = pickSamples(dataset, positions, () => {});
  const batches: ProbeBatch[] = [];
  for await (const { input, targets, placements } of collate(
    picked.samples({ ...(signal && { signal }) }),
    size,
    preprocess,
  )) {
    signal?.throwIfAborted();
    if (targets.length < size && batches.length > 0) break;
    batches.push({ feeds: prepareFeeds(session, input), targets, placements });
  }
  if (batches.length > 0) return batches;
  throw new EspalierError({
    kind: 'data',
    code: 'data.empty',
    message: `The data set ${dataset.name} holds no sample.`,
    hint: 'Check the path and the format.',
  });
}
