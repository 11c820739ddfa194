import type { Dataset, Sample } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { openEvaluation } from './open-evaluation.ts';
import { smallModel } from './small-file.case.ts';

const engine = createOrtEngine();
const models = [smallModel()];

function datasetOf(samples: readonly Sample[]): Dataset {
  return {
    name: 'set',
    kind: 'images',
    size: samples.length,
    description: 'a set',
    choice: 'the first',
    async *samples({ limit = samples.length } = {}) {
      yield* samples.slice(0, limit);
    },
    sampleAt: async (position) => samples[position]!,
  };
}

const image = { width: 8, height: 8, channels: 3, order: 'hwc' as const, data: new Uint8Array(192) };
const picture: Sample = { id: '1', input: { kind: 'image', image }, target: { kind: 'class', index: 2 } };

describe('openEvaluation', () => {
  it('guesses preprocessing from the first picture, under what the user says', async () => {
    const open = await openEvaluation({
      engine,
      models,
      dataset: datasetOf([picture]),
      preprocess: 'mean=.5',
    });
    expect(open).toMatchObject({ task: { task: 'classify' }, target: { kind: 'class' } });
    expect(open.guess?.preprocess).toMatchObject({ width: 8, height: 8, mean: [0] });
    expect(open.preprocess).toMatchObject({ width: 8, height: 8, mean: [0.5] });
    await open.close();
  });

  it('feeds arrays as they are', async () => {
    const array = { type: 'float32' as const, dims: [3, 8, 8], data: new Float32Array(192) };
    const sample: Sample = { id: '1', input: { kind: 'array', array }, target: { kind: 'none' } };
    const open = await openEvaluation({ engine, models, dataset: datasetOf([sample]) });
    expect(open.guess).toBeUndefined();
    // Nothing but the four numbers per sample tells what the model is for.
    expect(open.task).toEqual({ task: 'classify', reason: expect.stringContaining('one row of 4 scores') });
    await open.close();
  });

  it('believes what it is told of the task', async () => {
    const open = await openEvaluation({ engine, models, dataset: datasetOf([picture]), task: 'other' });
    expect(open.task.task).toBe('other');
    await open.close();
  });

  it('refuses preprocessing it does not know', async () => {
    const plan = { engine, models, dataset: datasetOf([picture]), preprocess: 'meen=1' };
    await expect(openEvaluation(plan)).rejects.toMatchObject({ code: 'preprocess.unknown-key' });
  });
});
