import { createRandom, type Dataset, GraphBuilder, type Sample, traceModel, UNTOUCHED } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { openEvaluation } from '../pipeline/open-evaluation.ts';
import { readCalibration } from './calibration.ts';

const engine = createOrtEngine();

function samplesOf(size: number, dims: readonly number[]): Dataset {
  return {
    ...{ name: 'noise', kind: 'arrays', size, description: 'noise', choice: 'the first' },
    sampleAt: () => Promise.reject(new Error('Calibration walks through the set.')),
    async *samples({ limit = size } = {}) {
      const random = createRandom(3);
      const count = dims.reduce((a, b) => a * b, 1);
      for (let i = 0; i < Math.min(limit, size); i++) {
        const data = Float32Array.from({ length: count }, () => random.next());
        const array = { type: 'float32', dims, data } as const;
        yield { id: String(i), input: { kind: 'array', array }, target: { kind: 'none' } } satisfies Sample;
      }
    },
  };
}

/** Calibration samples of a model of two activations. */
async function read(
  batch: number | string,
  dims: readonly number[],
  size: number,
  wanted?: number,
  memory?: number,
) {
  const g = new GraphBuilder();
  g.output(g.node('Relu', [g.node('Neg', [g.input('x', [batch, ...dims])])]));
  const model = g.model();
  const open = await openEvaluation({ engine, models: [model], dataset: samplesOf(size, dims) });
  try {
    expect(open.preprocess).toEqual(UNTOUCHED);
    const found = await readCalibration(open, await traceModel(model, engine), wanted, undefined, memory);
    return { ...found, batches: found.feeds.map((feeds) => feeds.x!.dims[0]) };
  } finally {
    await open.close();
  }
}

describe('readCalibration', () => {
  it('reads full batches of one shape', async () => {
    expect(await read('N', [3], 100)).toMatchObject({ samples: 96, batches: [32, 32, 32], notes: [] });
    expect(await read('N', [3], 20)).toMatchObject({ samples: 20, batches: [20] });
    expect(await read(8, [3], 30)).toMatchObject({ samples: 24, batches: [8, 8, 8] });
  });

  it('takes as many as it is told, else as many as the size of the input suggests', async () => {
    expect(await read('N', [3], 2000, 64)).toMatchObject({ samples: 64 });
    expect(await read('N', [3], 2000)).toMatchObject({ samples: 1024 });
    expect(await read('N', [1, 256, 256], 200)).toMatchObject({ samples: 128 });
  });

  it('takes fewer when the values of a layer would not fit into memory, and says so', async () => {
    // Two values of three numbers are alive at a time, in both models.
    const { samples, notes } = await read(1, [3], 40, 40, 20 * 48);
    expect(samples).toBe(20);
    expect(notes).toEqual([expect.stringMatching(/^20 samples instead of 40: /)]);
  });

  it('refuses batches that the samples do not fill often enough', async () => {
    await expect(read(24, [3], 20)).rejects.toMatchObject({ code: 'recovery.too-few-samples' });
  });
});
