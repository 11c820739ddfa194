import { expect, it } from 'vitest';
import type { ProbeBatch } from './probe-images.ts';
import { rememberProbes } from './probe-memo.ts';

/** Two batches of 16 bytes, read anew at every call. */
const read = async (): Promise<readonly ProbeBatch[]> =>
  [0, 1].map((value) => ({
    feeds: { x: { type: 'float32', dims: [4], data: new Float32Array(4).fill(value) } },
    ...{ targets: [], placements: [] },
  }));

it('keeps what is small, and reads the rest again', async () => {
  const small = rememberProbes(read, 32);
  const first = await small();
  expect(first).toEqual(await read());
  expect(await small()).toBe(first);
  const large = rememberProbes(read, 31);
  expect(await large()).not.toBe(await large());
  expect(await large()).toEqual(await read());
});
