import { GraphBuilder, type NdArray } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { runBatch } from './run-batch.ts';

/** y = -x over rows of two. */
async function negate(batch: number | string, type: 'float32' | 'float16' | 'int32' = 'float32') {
  const g = new GraphBuilder();
  g.output(g.node('Neg', [g.input('x', [batch, 2], type)], {}, 'y'), [batch, 2], type);
  return createOrtEngine().load(g.model());
}

const rows = (count: number): NdArray => ({
  type: 'float32',
  dims: [count, 2],
  data: Float32Array.from({ length: 2 * count }, (_, i) => i + 1),
});

describe('runBatch', () => {
  it('runs any batch where the model takes any', async () => {
    const session = await negate('N');
    const { y_out } = await runBatch(session, rows(3));
    expect(y_out).toMatchObject({ dims: [3, 2], data: Float32Array.of(-1, -2, -3, -4, -5, -6) });
    await session.close();
  });

  it('fills a fixed batch and drops the answers to the filling', async () => {
    const session = await negate(4);
    const { y_out } = await runBatch(session, rows(3));
    expect(y_out).toMatchObject({ dims: [3, 2], data: Float32Array.of(-1, -2, -3, -4, -5, -6) });
    await session.close();
  });

  it('converts to half precision', async () => {
    const session = await negate('N', 'float16');
    const { y_out } = await runBatch(session, rows(1));
    expect(y_out).toEqual({ type: 'float16', dims: [1, 2], data: Uint16Array.of(0xbc00, 0xc000) });
    await session.close();
  });

  it('refuses rows of another size', async () => {
    const session = await negate('N');
    const wide: NdArray = { type: 'float32', dims: [1, 3], data: new Float32Array(3) };
    await expect(runBatch(session, wide)).rejects.toMatchObject({
      code: 'data.wrong-size',
      message: "The input 'x' takes [N, 2], the data are [1, 3].",
    });
    await session.close();
  });

  it('refuses types it cannot convert to', async () => {
    const session = await negate('N', 'int32');
    await expect(runBatch(session, rows(1))).rejects.toMatchObject({
      code: 'data.wrong-type',
      message: "The input 'x' takes int32, the data are float32.",
    });
    await session.close();
  });
});
