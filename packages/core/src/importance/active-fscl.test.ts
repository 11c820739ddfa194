import { describe, expect, it } from 'vitest';
import { FIXED } from '../coupling/coupling.ts';
import { computeImportance } from './importance.ts';
import { type Sketch, startSketch } from './network-sketch.case.ts';

/** Scores where every position of every reader has the amplitude that is told; readers in graph order. */
async function score({ coupling, weights }: Sketch, amplitude: (reader: number, position: number) => number) {
  const readers = coupling.uses.filter(({ role, labels }) => role === 'consume' && labels[0] !== FIXED);
  const amplitudes = new Map(
    readers.map(({ id, labels }, reader) => [id, Float64Array.from(labels, (_, i) => amplitude(reader, i))]),
  );
  const options = { normalizer: 'none', activations: { amplitudes } } as const;
  return computeImportance(coupling, weights, 'fscl-active', options);
}

/** A weight of all ones: Σ w² of a slice is the number of its elements. */
const ones = () => startSketch(0, () => 1);

describe('FSCL by activations', () => {
  it('is the energy that the readers make of a channel: their squared weights times its mean square', async () => {
    const pencil = ones();
    const x = pencil.conv(pencil.input(2), 3, [3, 3]);
    pencil.conv(x, 4, [3, 3]);
    const scores = await score(pencil.finish(), (_, position) => position);
    expect([...scores.slice(0, 3)]).toEqual([0, 4 * 9 * 1, 4 * 9 * 4]);
  });

  it('adds up over readers, each by what it reads itself', async () => {
    const pencil = ones();
    const x = pencil.conv(pencil.input(2), 2, [3, 3]);
    pencil.conv(x, 4, [3, 3]);
    pencil.matmul(pencil.flatten(x, 3), 5);
    const scores = await score(pencil.finish(), (reader, position) => (reader === 0 ? 2 : position));
    const energyOf = (positions: readonly number[]) =>
      positions.reduce((sum, position) => sum + 5 * position ** 2, 0);
    expect([...scores.slice(0, 2)]).toEqual([
      4 * 9 * 4 + energyOf([0, 1, 2]),
      4 * 9 * 4 + energyOf([3, 4, 5]),
    ]);
  });

  it('gives nothing for a filter that no weight reads', async () => {
    const pencil = ones();
    const x = pencil.conv(pencil.input(2), 3, [3, 3]);
    pencil.conv({ flow: x.flow.slice(0, 2), labels: x.labels.slice(0, 2) }, 4, [1, 1]);
    const scores = await score(pencil.finish(), () => 1);
    expect([...scores.slice(0, 3)]).toEqual([4, 4, 0]);
  });
});
