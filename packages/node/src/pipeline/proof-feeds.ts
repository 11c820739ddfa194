// A user's images as feeds of a proof: what noise leaves silent, pictures may wake.
import { collate, type NdArray } from '@espalier/core';
import type { OpenEvaluation } from './open-evaluation.ts';
import { dataInput, fixedBatch, prepareFeeds } from './run-batch.ts';

/** Samples a proof takes where nothing else is said: each is one more run of both models. */
export const PROOF_SAMPLES = 8;

/** `limit` samples, chosen over the whole set, as the first model takes them; batches of one where it leaves that open. */
export async function collectProofFeeds(
  { sessions, dataset, preprocess }: OpenEvaluation,
  limit = PROOF_SAMPLES,
  signal?: AbortSignal,
): Promise<readonly Readonly<Record<string, NdArray>>[]> {
  const session = sessions[0]!;
  const feeds: Readonly<Record<string, NdArray>>[] = [];
  const samples = dataset.samples({ limit, ...(signal && { signal }) });
  for await (const { input } of collate(samples, fixedBatch(dataInput(session)) ?? 1, preprocess)) {
    feeds.push(prepareFeeds(session, input));
  }
  return feeds;
}
