// Pictures to recover on: how many, in which batches, and as feeds of one shape.
import {
  collate,
  EspalierError,
  elementCount,
  type NdArray,
  peakActivationBytes,
  type TracedModel,
} from '@espalier/core';
import type { OpenEvaluation } from '../pipeline/open-evaluation.ts';
import { dataInput, fixedBatch, prepareFeeds } from '../pipeline/run-batch.ts';

/** Fewer samples say too little of what a network sees. */
export const LEAST_SAMPLES = 16;

/** Where nothing is said: enough samples for about so many input elements, within bounds. */
const USUAL_ELEMENTS = 2 ** 22;
const USUAL_SAMPLES = { least: 128, most: 1024 } as const;

/** Values kept between two layers may take so much memory. */
const MEMORY_BYTES = 2 ** 32;

const BATCH = 32;

/** Samples ready to run. */
export interface Calibration {
  readonly feeds: readonly Readonly<Record<string, NdArray>>[];
  readonly samples: number;
  /** What a user may want to know, as sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads `wanted` samples, chosen over the whole set; without a number as many as the size of the input suggests. Both models' values must fit into
 * `memory` (bytes, default 4 GiB) layer by layer: when they would not, fewer samples are taken, and a note says so. Error, kind data: `recovery.too-few-samples`.
 */
export async function readCalibration(
  { sessions, dataset, preprocess }: OpenEvaluation,
  traced: TracedModel,
  wanted?: number,
  signal?: AbortSignal,
  memory = MEMORY_BYTES,
): Promise<Calibration> {
  const session = sessions[0]!;
  const asked = wanted ?? usualSamples(traced);
  const fitting = Math.max(Math.floor(memory / bytesPerSample(traced)), LEAST_SAMPLES);
  const limit = Math.min(asked, fitting);
  if (Math.min(limit, dataset.size) < LEAST_SAMPLES) throw tooFew(Math.min(limit, dataset.size));
  const fixed = fixedBatch(dataInput(session));
  const batch = fixed ?? Math.min(BATCH, limit, dataset.size);
  const feeds: Readonly<Record<string, NdArray>>[] = [];
  const samples = dataset.samples({ limit, ...(signal && { signal }) });
  for await (const { input } of collate(samples, batch, preprocess)) {
    // All batches have one shape, so a last one that is not full is left out.
    if (input.dims[0] === batch) feeds.push(prepareFeeds(session, input));
  }
  const count = feeds.length * batch;
  if (count < LEAST_SAMPLES) throw tooFew(count);
  return {
    feeds,
    samples: count,
    notes:
      fitting < asked && fitting < dataset.size
        ? [`${count} samples instead of ${asked}: more of this model's values do not fit into memory.`]
        : [],
  };
}

function usualSamples(traced: TracedModel): number {
  const elements = elementCount(inputDims(traced)) / batchOf(traced);
  const { least, most } = USUAL_SAMPLES;
  return Math.min(Math.max(Math.round(USUAL_ELEMENTS / elements), least), most);
}

/** Two models run side by side. */
function bytesPerSample(traced: TracedModel): number {
  return (2 * peakActivationBytes(traced)) / batchOf(traced);
}

function inputDims(traced: TracedModel): readonly number[] {
  return Object.values(traced.sizes[0]!)[0] ?? [];
}

function batchOf(traced: TracedModel): number {
  return Math.max(inputDims(traced)[0] ?? 1, 1);
}

function tooFew(found: number): EspalierError {
  return new EspalierError({
    kind: 'data',
    code: 'recovery.too-few-samples',
    message: `Recovery needs at least ${LEAST_SAMPLES} samples, there are ${found}.`,
    hint: 'Give more pictures, labelled or not, or raise --calibration.',
  });
}
