import { describe, expect, it } from 'vitest';
import { computeImportance } from './importance.ts';
import { startSketch } from './network-sketch.case.ts';

/** Residual stage read by a 3×3 convolution and a matrix; the amplitudes of what each of them reads are told. */
function draw() {
  const pencil = startSketch(4);
  const x = pencil.conv(pencil.input(2), 3, [3, 3]);
  const sum = pencil.add(x, pencil.conv(pencil.conv(x, 2, [3, 3]), 3, [3, 3]));
  pencil.matmul(sum, 4);
  return pencil.finish();
}

const READERS = 2;

async function score(amplitude: (reader: number, position: number) => number, norm: 'l1' | 'l2' = 'l1') {
  const { coupling, weights } = draw();
  const readers = coupling.uses.filter(({ role, labels }) => role === 'consume' && labels[0]! >= 0);
  expect(readers).toHaveLength(READERS + 1);
  const amplitudes = new Map(
    readers.map(({ id, labels }, reader) => [id, Float64Array.from(labels, (_, i) => amplitude(reader, i))]),
  );
  const options = { norm, normalizer: 'none', activations: { amplitudes } } as const;
  const plain = await computeImportance(coupling, weights, 'fscl', { norm, normalizer: 'none' });
  return { plain, active: await computeImportance(coupling, weights, 'fscl-active', options) };
}

describe('FSCL weighted by activations', () => {
  it('is FSCL where all that is read has one size, times that size', async () => {
    const l1 = await score(() => 3);
    l1.plain.forEach((value, id) => {
      expect(l1.active[id]).toBeCloseTo(3 * value, 8);
    });
    const l2 = await score(() => 3, 'l2');
    l2.plain.forEach((value, id) => {
      expect(l2.active[id]).toBeCloseTo(9 * value, 8);
    });
  });

  it('adds up over readers, each by what it reads, and gives a silent channel nothing', async () => {
    const parts = await Promise.all(
      [0, 1, 2].map((chosen) => score((reader) => (reader === chosen ? 1 : 0))),
    );
    const whole = await score((_, position) => position);
    const { plain } = whole;
    plain.forEach((value, id) => {
      expect(parts.reduce((sum, { active }) => sum + active[id]!, 0)).toBeCloseTo(value, 8);
    });
    const stage = [0, 1, 2];
    for (const id of stage) expect(whole.active[id]).toBeCloseTo(id * plain[id]!, 8);
  });
});
