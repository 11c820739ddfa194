import { expect, it } from 'vitest';
import { freeBuffer } from './free-buffer.ts';

it('gives the memory of one buffer after the other back', () => {
  const size = 2 ** 28;
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 16; round++) {
    const buffer = new ArrayBuffer(size);
    freeBuffer(buffer);
    expect(buffer.byteLength).toBe(0);
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * size);
});
