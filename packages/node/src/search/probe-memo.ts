// The batches of probes, kept from one analysis of a search to the next while they are small.
import type { ProbeBatch } from './probe-images.ts';

/** Batches that take more bytes are read anew every time: recovery needs the memory in between. */
const MOST_BYTES = 2 ** 28;

/** Reads batches through a memo. */
export function rememberProbes(
  read: () => Promise<readonly ProbeBatch[]>,
  most = MOST_BYTES,
): () => Promise<readonly ProbeBatch[]> {
  let kept: readonly ProbeBatch[] | undefined;
  return async () => {
    if (kept) return kept;
    const batches = await read();
    if (bytesOf(batches) <= most) kept = batches;
    return batches;
  };
}

function bytesOf(batches: readonly ProbeBatch[]): number {
  const arrays = batches.flatMap(({ feeds }) => Object.values(feeds));
  return arrays.reduce((sum, { data }) => sum + data.byteLength, 0);
}
