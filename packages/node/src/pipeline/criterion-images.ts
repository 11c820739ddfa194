// Images that criteria look at: which, how they are prepared, and how a model is run on them.
import {
  type Batch,
  CALIBRATION_IMAGES,
  collate,
  type Dataset,
  type Engine,
  EspalierError,
  type LoadOptions,
  type Preprocess,
} from '@espalier/core';

/** Images per run where the model leaves it open. */
const BATCH = 8;

/** Where the images come from. */
export interface CriterionImages {
  readonly engine: Engine;
  readonly dataset: Dataset;
  readonly preprocess: Preprocess;
  /** At most so many, chosen over the whole set; default {@link CALIBRATION_IMAGES}. */
  readonly images?: number;
  readonly load?: LoadOptions;
}

/** Batches of the images, each with the share of the work that is done after it. Error, kind data: `data.empty`. */
export async function* readCriterionImages(
  { dataset, preprocess, images = CALIBRATION_IMAGES }: CriterionImages,
  fixedBatch: number | undefined,
  signal?: AbortSignal,
): AsyncGenerator<Batch & { readonly fraction: number }> {
  const total = Math.min(images, dataset.size);
  const samples = dataset.samples({ limit: images, ...(signal && { signal }) });
  let done = 0;
  for await (const batch of collate(samples, fixedBatch ?? Math.min(BATCH, total), preprocess)) {
    signal?.throwIfAborted();
    done += batch.ids.length;
    yield { ...batch, fraction: done / total };
  }
  if (done > 0) return;
  throw new EspalierError({
    kind: 'data',
    code: 'data.empty',
    message: `The data set ${dataset.name} holds no sample.`,
    hint: 'Check the path and the format.',
  });
}
