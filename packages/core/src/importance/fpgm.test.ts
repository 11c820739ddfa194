import { describe, expect, it } from 'vitest';
import { computeImportance, scoreClasses } from './importance.ts';
import { startSketch } from './network-sketch.case.ts';

describe('FPGM', () => {
  it('adds up the distances to the other filters', async () => {
    const values = [
      [0, 0, 3, 4, 0, 8],
      [1, 1, 1],
    ]; // three filters of two taps: (0, 0), (3, 4), (0, 8)
    const pencil = startSketch(0, (node, i) => values[node]![i]!);
    pencil.conv(pencil.conv(pencil.input(1), 3, [2]), 1, [1]);
    const net = pencil.finish();
    const scores = await computeImportance(net.coupling, net.weights, 'fpgm', { normalizer: 'none' });
    expect([...scores.slice(0, 3)]).toEqual([5 + 8, 5 + 5, 8 + 5]);
  });

  it('agrees with distances by definition on long filters', async () => {
    const pencil = startSketch(4);
    pencil.conv(pencil.conv(pencil.input(3), 5, [3, 5]), 2, [1, 1]);
    const net = pencil.finish();
    const scores = await computeImportance(net.coupling, net.weights, 'fpgm', { normalizer: 'none' });
    const { data } = net.weight(0);
    const filters = Array.from({ length: 5 }, (_, j) => [...data.subarray(j * 45, (j + 1) * 45)]);
    filters.forEach((a, j) => {
      const distances = filters.map((b) => Math.hypot(...a.map((x, e) => x - b[e]!)));
      expect(scores[j]).toBeCloseTo(
        distances.reduce((sum, x) => sum + x),
        10,
      );
    });
  });

  it('reports inside wide layers, and stops there when told to', async () => {
    const pencil = startSketch(5);
    pencil.matmul(pencil.input(1200), 512);
    const net = pencil.finish();
    const total = ((512 * 511) / 2) * 1200;
    const done: number[] = [];
    for await (const event of scoreClasses(net.coupling, net.weights, 'fpgm')) done.push(event.done);
    expect(done.length).toBe(2);
    expect(done.at(-1)).toBe(total);

    const abort = new AbortController();
    const run = scoreClasses(net.coupling, net.weights, 'fpgm', { signal: abort.signal });
    await run.next();
    abort.abort(new Error('enough'));
    await expect(run.next()).rejects.toThrow('enough');
  });
});
