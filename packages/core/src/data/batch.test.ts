import { describe, expect, it } from 'vitest';
import type { NdArray } from '../onnx/nd-array.ts';
import { type Batch, collate, stackArrays } from './batch.ts';
import type { Sample, SampleInput } from './dataset.ts';
import { type Preprocess, UNTOUCHED } from './preprocess.ts';

const p: Preprocess = { ...UNTOUCHED, width: 2 };

const picture = (...data: number[]): SampleInput => ({
  kind: 'image',
  image: { width: 2, height: 1, channels: data.length / 2, order: 'chw', data: Uint8Array.from(data) },
});
const array = (...data: number[]): SampleInput => ({
  kind: 'array',
  array: { type: 'float32', dims: [data.length], data: Float32Array.from(data) },
});

async function* samplesOf(...inputs: SampleInput[]): AsyncGenerator<Sample> {
  for (const [i, input] of inputs.entries())
    yield { id: `s${i}`, input, target: { kind: 'class', index: i } };
}

async function batchesOf(batchSize: number, ...inputs: SampleInput[]): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of collate(samplesOf(...inputs), batchSize, p)) batches.push(batch);
  return batches;
}

describe('collate', () => {
  it('preprocesses images into batches and keeps the rest', async () => {
    const [first, last] = await batchesOf(2, picture(1, 2), picture(3, 4), picture(5, 6));
    expect(first).toMatchObject({
      input: { type: 'float32', dims: [2, 1, 1, 2], data: Float32Array.of(1, 2, 3, 4) },
      ids: ['s0', 's1'],
      targets: [{ index: 0 }, { index: 1 }],
    });
    expect(first!.placements).toHaveLength(2);
    expect(last!.input).toMatchObject({ dims: [1, 1, 1, 2], data: Float32Array.of(5, 6) });
  });

  it('stacks arrays as they are', async () => {
    const [batch] = await batchesOf(8, array(1, 2), array(3, 4));
    expect(batch!.input).toEqual({ type: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
    expect(batch!.placements).toEqual([]);
  });

  it('yields nothing for nothing', async () => {
    expect(await batchesOf(4)).toEqual([]);
  });

  it.each([
    ['data.mixed-samples', [picture(1, 2), array(1, 2)]],
    ['data.wrong-channels', [picture(1, 2), picture(1, 2, 3, 4)]],
    ['data.wrong-size', [array(1, 2), array(1, 2, 3)]],
  ] as const)('refuses samples that do not fit together: %s', async (code, inputs) => {
    await expect(batchesOf(4, ...inputs)).rejects.toMatchObject({ kind: 'data', code });
  });
});

describe('stackArrays', () => {
  it('keeps 64-bit integers', () => {
    const one: NdArray = { type: 'int64', dims: [], data: BigInt64Array.of(2n ** 60n) };
    expect(stackArrays([one, one], ['a', 'b'])).toEqual({
      type: 'int64',
      dims: [2],
      data: BigInt64Array.of(2n ** 60n, 2n ** 60n),
    });
  });
});
