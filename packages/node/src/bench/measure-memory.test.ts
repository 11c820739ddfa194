import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModel, GraphBuilder } from '@espalier/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../models/write-model.ts';
import { measureMemory } from './measure-memory.ts';

const MB = 2 ** 20;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-memory-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A product with a square matrix of so many megabytes, over an open batch. */
async function writeProduct(name: string, megabytes: number, external?: 'always'): Promise<string> {
  const width = Math.round(Math.sqrt((megabytes * MB) / 4));
  const g = new GraphBuilder();
  const data = new Float32Array(width * width).fill(0.5);
  g.output(g.node('MatMul', [g.input('x', ['N', width]), g.constant({ dims: [width, width], data }, 'w')]));
  const path = join(folder, name);
  await writeModel(path, g.model(), { ...(external && { external }) });
  return path;
}

describe('measureMemory', () => {
  it('sees the weights of a model, and next to nothing of a small one', async () => {
    const size = { x: [1, 4096] };
    const [large, small] = [await writeProduct('large.onnx', 64), await writeProduct('small.onnx', 0.0625)];
    const options = { threads: 1, runs: 2 };
    const found = await measureMemory(large, { ...options, size });
    expect(found.peakBytes).toBeGreaterThan(63 * MB);
    expect(found.peakBytes).toBeLessThan(400 * MB);
    expect(found.loadPeakBytes).toBeLessThanOrEqual(found.peakBytes);
    expect(found.processBytes).toBeGreaterThan(found.peakBytes);
    const little = await measureMemory(small, { ...options, size: { x: [1, 128] } });
    expect(little.peakBytes).toBeLessThan(32 * MB);
  });

  it('sees activations: a larger batch takes more', async () => {
    const path = await writeProduct('batch.onnx', 1);
    const peak = async (batch: number): Promise<number> =>
      (await measureMemory(path, { threads: 1, size: { x: [batch, 512] } })).peakBytes;
    expect((await peak(32768)) - (await peak(1))).toBeGreaterThan(64 * MB);
  });

  it('reads weights beside the model as applications do', async () => {
    const path = await writeProduct('beside.onnx', 16, 'always');
    const found = await measureMemory(path, { threads: 1, size: { x: [1, 2048] } });
    expect(found.peakBytes).toBeGreaterThan(15 * MB);
  });

  it.runIf(process.platform === 'linux')('counts the threads that the runtime really started', async () => {
    const path = await writeProduct('threads.onnx', 1);
    const threads = async (asked: number): Promise<number | undefined> =>
      (await measureMemory(path, { threads: asked, runs: 1, size: { x: [1, 512] } })).threads;
    expect(await threads(1)).toBe(1);
    expect(await threads(3)).toBe(3);
  });

  it('says of which file it failed, and why', async () => {
    const path = join(folder, 'broken.onnx');
    await writeFile(path, encodeModel(new GraphBuilder().model()).subarray(0, 5));
    await expect(measureMemory(path)).rejects.toMatchObject({
      code: 'bench.no-memory',
      message: expect.stringMatching(/broken\.onnx could not be measured: .*refuses/),
    });
  });

  it('stops when it is aborted', async () => {
    const path = await writeProduct('stopped.onnx', 1);
    await expect(measureMemory(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    });
    const controller = new AbortController();
    const running = measureMemory(path, { runs: 1e9, size: { x: [1, 512] }, signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
  });
});
