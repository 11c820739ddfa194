import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type Dataset, encodeModel, GraphBuilder, keepOf, type Sample } from '@espalier/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { writeFileAtomic } from '../models/write-file-atomic.ts';
import { writeModel } from '../models/write-model.ts';
import { type Analysis, analyseFile } from '../pipeline/analyse-file.ts';
import { follow, type PipelineEvent } from '../pipeline/events.ts';
import { type Pruning, pruneAnalysis } from '../pipeline/prune-analysis.ts';
import { RECOVERY_METHODS, recoverCut, recoverFile } from './recover-cut.ts';

const engine = createOrtEngine();
let folder: string;
let analysis: Analysis;
let pruning: Pruning;

/** Two convolutions and a matrix over 3x8x8 pictures, batches of any size. */
function network(): Uint8Array {
  const random = createRandom(2);
  const g = new GraphBuilder();
  const weight = (...dims: number[]): string => {
    const count = dims.reduce((a, b) => a * b, 1);
    return g.constant({ dims, data: Float32Array.from({ length: count }, () => random.normal() / 4) });
  };
  const same = { pads: [1, 1, 1, 1] };
  const first = g.node('Relu', [
    g.node('Conv', [g.input('x', ['N', 3, 8, 8]), weight(12, 3, 3, 3)], same, 'first'),
  ]);
  const second = g.node('Relu', [g.node('Conv', [first, weight(10, 12, 3, 3)], same, 'second')]);
  const pooled = g.node('Flatten', [g.node('GlobalAveragePool', [second])]);
  g.output(g.node('Gemm', [pooled, weight(10, 5)], {}, 'logits'), ['N', 5]);
  return encodeModel(g.model());
}

/** Noise without labels. */
function noise(size: number): Dataset {
  return {
    ...{ name: 'noise', kind: 'arrays', size, description: 'noise', choice: 'the first' },
    sampleAt: () => Promise.reject(new Error('Calibration walks through the set.')),
    async *samples({ limit = size } = {}) {
      const random = createRandom(3);
      for (let i = 0; i < Math.min(limit, size); i++) {
        const data = Float32Array.from({ length: 192 }, () => random.normal());
        const array = { type: 'float32', dims: [3, 8, 8], data } as const;
        yield { id: String(i), input: { kind: 'array', array }, target: { kind: 'none' } } satisfies Sample;
      }
    },
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-recovery-'));
  await writeFileAtomic(join(folder, 'net.onnx'), [network()]);
  analysis = await follow(analyseFile(join(folder, 'net.onnx'), { engine }));
  pruning = await follow(pruneAnalysis(analysis, { engine, ratio: 0.4 }));
});
afterAll(() => rm(folder, { recursive: true }));

const keep = () => keepOf(analysis.traced, analysis.coupling, pruning.plan);

describe.each(RECOVERY_METHODS)('%s', (method) => {
  it('recovers a cut on samples without labels, step by step', async () => {
    const events: PipelineEvent[] = [];
    const recovered = await follow(
      recoverCut(analysis, keep(), pruning.model, { method, engine, dataset: noise(80) }),
      (event) => events.push(event),
    );
    expect(recovered).toMatchObject({ method, samples: 64, skipped: [] });
    expect(recovered.layers.map(({ node }) => node)).toEqual(['second_out', 'logits_out']);
    for (const { errorBefore, errorAfter } of recovered.layers) expect(errorAfter).toBeLessThan(errorBefore);
    expect(events).toContainEqual({ type: 'step', step: 'recover', fraction: 0 });
    expect(events.length).toBeGreaterThan(3);
  });

  it('recovers a file by its plan', async () => {
    const path = join(folder, `${method}.onnx`);
    await writeModel(path, pruning.model);
    const options = { method, engine, dataset: noise(32) };
    const fromFile = await follow(recoverFile(analysis, path, pruning.plan, options));
    const direct = await follow(recoverCut(analysis, keep(), pruning.model, options));
    expect(encodeModel(fromFile.model)).toEqual(encodeModel(direct.model));
  });

  it.each([
    [1, undefined],
    [100, 15],
  ])('refuses %d samples, of which %s are asked for', async (size, samples) => {
    const options = { method, engine, dataset: noise(size), ...(samples !== undefined && { samples }) };
    await expect(follow(recoverCut(analysis, keep(), pruning.model, options))).rejects.toMatchObject({
      kind: 'data',
      code: 'recovery.too-few-samples',
      message: `Recovery needs at least 16 samples, there are ${samples ?? size}.`,
    });
  });
});

it('refuses a file that is no cut of the original', async () => {
  const path = join(folder, 'other.onnx');
  const { graph } = pruning.model;
  const outputs = graph.outputs.map((output) => ({ ...output, name: 'answer' }));
  await writeModel(path, { ...pruning.model, graph: { ...graph, outputs } });
  const options = { method: 'reconstruct', engine, dataset: noise(32) } as const;
  await expect(follow(recoverFile(analysis, path, pruning.plan, options))).rejects.toMatchObject({
    code: 'verify.not-a-cut',
  });
});
