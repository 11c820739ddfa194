import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImportanceOptions } from './criterion.ts';
import { computeImportance, scoreClasses } from './importance.ts';
import { convolutionModes } from './kernel-pairs.ts';
import { type Channels, type Sketch, startSketch } from './network-sketch.case.ts';

type Matrix = readonly (readonly number[])[];
type Pencil = ReturnType<typeof startSketch>;

/** Σ over i of a[i]·b[t − i], by definition. */
function convolve(a: Matrix, b: Matrix): Matrix {
  const [rows, columns] = [a.length + b.length - 1, a[0]!.length + b[0]!.length - 1];
  return Array.from({ length: rows }, (_, y) =>
    Array.from({ length: columns }, (_, x) => {
      let sum = 0;
      a.forEach((row, i) => {
        row.forEach((value, j) => {
          sum += value * (b[y - i]?.[x - j] ?? 0);
        });
      });
      return sum;
    }),
  );
}

function crop(full: Matrix, a: Matrix, b: Matrix, mode: string): Matrix {
  const cut = <T>(list: readonly T[], na: number, nb: number): readonly T[] => {
    if (mode === 'same') return list.slice(Math.floor((nb - 1) / 2)).slice(0, na);
    if (mode === 'valid') return list.slice(Math.min(na, nb) - 1, Math.max(na, nb));
    return list;
  };
  return cut(full, a.length, b.length).map((row) => cut(row, a[0]!.length, b[0]!.length));
}

/** Kernel [first, second] of a weight as a matrix; axes that are not there have size 1. */
function kernel(net: Sketch, node: number, first: number, second = 0): Matrix {
  const { dims, data } = net.weight(node);
  const [, columns = 1, height = 1, width = 1] = dims;
  const at = (first * columns + second) * height * width;
  return Array.from({ length: height }, (_, y) => [...data.slice(at + y * width, at + (y + 1) * width)]);
}

const turn = (m: Matrix): Matrix => m.map((row) => [...row].reverse()).reverse();
const scaled = (m: Matrix, factor: number): Matrix => m.map((row) => row.map((x) => x * factor));
const range = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);

/** Σ_c Σ_n ‖A_c * B_n‖ by brute force. */
function relate(as: readonly Matrix[], bs: readonly Matrix[], options: ImportanceOptions): number {
  const { norm = 'l1', mode = 'full', pairs = 'sum' } = options;
  let total = 0;
  for (const a of as) {
    for (const b of bs) {
      for (const x of crop(convolve(a, b), a, b, mode).flat()) total += norm === 'l1' ? Math.abs(x) : x * x;
    }
  }
  return pairs === 'mean' ? total / (as.length * bs.length) : total;
}

const rowsOf = (net: Sketch, node: number, j: number): Matrix[] =>
  range(net.weight(node).dims[1]!).map((c) => kernel(net, node, j, c));
const columnsOf = (net: Sketch, node: number, j: number): Matrix[] =>
  range(net.weight(node).dims[0]!).map((n) => kernel(net, node, n, j));

/** A network, and by brute force what its first classes must score: `expect(net, j, relate)`. */
interface Topology {
  readonly draw: (p: Pencil) => unknown;
  readonly classes: number;
  readonly expected: (net: Sketch, j: number, relate: (as: Matrix[], bs: Matrix[]) => number) => number;
}

const plain = (first: number[], second: number[]): Topology => ({
  draw: (p) => p.conv(p.conv(p.input(2), 3, first), 4, second),
  classes: 3,
  expected: (net, j, pair) => pair(rowsOf(net, 0, j), columnsOf(net, 1, j)),
});

const topologies: Readonly<Record<string, Topology>> = {
  '3x3 -> 3x3': plain([3, 3], [3, 3]),
  '3x3 -> 1x1': plain([3, 3], [1, 1]),
  '1x1 -> 3x3': plain([1, 1], [3, 3]),
  '1x1 -> 1x1': plain([1, 1], [1, 1]),
  '5x5 -> 3x3': plain([5, 5], [3, 3]),
  '2x4 -> 3x2': plain([2, 4], [3, 2]),
  '1x7 -> 7x1': plain([1, 7], [7, 1]),
  'gemm after flatten': {
    draw: (p) => p.matmul(p.flatten(p.conv(p.input(2), 3, [3, 3]), 4), 5),
    classes: 3,
    expected: (net, j, pair) =>
      range(4).reduce(
        (sum, slot) =>
          sum +
          pair(
            rowsOf(net, 0, j),
            range(5).map((n) => kernel(net, 1, j * 4 + slot, n)),
          ),
        0,
      ),
  },
  'two readers, one behind a concatenation': {
    draw: (p) => {
      const [x, y] = [p.conv(p.input(2), 3, [3, 3]), p.conv(p.input(2), 2, [1, 1])];
      p.conv(x, 4, [3, 3]);
      p.conv(p.concat(y, x), 2, [3, 3]);
    },
    classes: 3,
    expected: (net, j, pair) =>
      pair(rowsOf(net, 0, j), columnsOf(net, 2, j)) + pair(rowsOf(net, 0, j), columnsOf(net, 3, 2 + j)),
  },
  'residual: a sum fans out to both producers': {
    draw: (p) => {
      const x = p.conv(p.input(2), 3, [3, 3]);
      p.conv(p.add(x, p.conv(p.conv(x, 2, [3, 3]), 3, [3, 3])), 4, [3, 3]);
    },
    classes: 3,
    expected: (net, j, pair) =>
      pair(rowsOf(net, 0, j), columnsOf(net, 1, j)) +
      pair(rowsOf(net, 0, j), columnsOf(net, 3, j)) +
      pair(rowsOf(net, 2, j), columnsOf(net, 3, j)),
  },
  'depthwise between 1x1s': {
    draw: (p) => p.conv(p.depthwise(p.conv(p.input(2), 3, [1, 1]), [3, 3]), 4, [1, 1]),
    classes: 3,
    expected: (net, j, pair) =>
      pair(
        rowsOf(net, 0, j).map((a) => convolve(a, kernel(net, 1, j))),
        columnsOf(net, 2, j),
      ),
  },
  'depthwise between 3x3s, scaled before and after': {
    draw: (p) => p.conv(p.scale(p.depthwise(p.scale(p.conv(p.input(2), 3, [3, 3]), 0.5), [3, 3])), 4, [3, 3]),
    classes: 3,
    expected: (net, j, pair) => {
      const factor = net.weight(1).data[j]! * 0.5 * net.weight(3).data[j]!;
      const as = rowsOf(net, 0, j).map((a) => scaled(convolve(a, kernel(net, 2, j)), factor));
      return pair(as, columnsOf(net, 4, j));
    },
  },
  'two depthwise in a row, 1x1 -> 3x3': {
    draw: (p) => p.conv(p.depthwise(p.depthwise(p.conv(p.input(2), 3, [1, 1]), [1, 3]), [3, 1]), 4, [3, 3]),
    classes: 3,
    expected: (net, j, pair) => {
      const as = rowsOf(net, 0, j).map((a) => convolve(convolve(a, kernel(net, 1, j)), kernel(net, 2, j)));
      return pair(as, columnsOf(net, 3, j));
    },
  },
  'depthwise with multiplier 2': {
    draw: (p) => p.conv(p.depthwise(p.conv(p.input(2), 3, [3, 3]), [3, 3], 2), 4, [1, 1]),
    classes: 3,
    expected: (net, j, pair) =>
      [2 * j, 2 * j + 1].reduce((sum, m) => {
        const as = rowsOf(net, 0, j).map((a) => convolve(a, kernel(net, 1, m)));
        return sum + pair(as, columnsOf(net, 2, m));
      }, 0),
  },
  'a value plus its own depthwise convolution: two paths': {
    draw: (p) => {
      const x = p.conv(p.input(2), 3, [3, 3]);
      p.conv(p.add(x, p.depthwise(x, [3, 3])), 4, [3, 3]);
    },
    classes: 3,
    expected: (net, j, pair) => {
      const as = rowsOf(net, 0, j);
      const bs = columnsOf(net, 2, j);
      return (
        pair(as, bs) +
        pair(
          as.map((a) => convolve(a, kernel(net, 1, j))),
          bs,
        )
      );
    },
  },
  'grouped reader': {
    draw: (p) => p.conv(p.conv(p.input(2), 4, [3, 3]), 6, [3, 3], 2),
    classes: 4,
    expected: (net, j, pair) => {
      const rows = range(3, j < 2 ? 0 : 3);
      return pair(
        rowsOf(net, 0, j),
        rows.map((n) => kernel(net, 1, n, j % 2)),
      );
    },
  },
  'transposed reader': {
    draw: (p) => p.convTranspose(p.conv(p.input(2), 3, [3, 3]), 4, [2, 2]),
    classes: 3,
    expected: (net, j, pair) =>
      pair(
        rowsOf(net, 0, j),
        range(4).map((n) => turn(kernel(net, 1, j, n))),
      ),
  },
  'padding joins, and a channel nobody reads': {
    draw: (p) => {
      const x = p.conv(p.input(2), 3, [3, 3]);
      const cut: Channels = { flow: x.flow.slice(0, 2), labels: x.labels.slice(0, 2) };
      p.conv(p.concat(p.pad(1), cut), 4, [3, 3]);
    },
    classes: 4,
    expected: (net, j, pair) => (j < 2 ? pair(rowsOf(net, 0, j), columnsOf(net, 1, j + 1)) : 0),
  },
};

const optionSets: readonly ImportanceOptions[] = (['l1', 'l2'] as const).flatMap((norm) =>
  convolutionModes.flatMap((mode) =>
    (['sum', 'mean'] as const).map((pairs) => ({ norm, mode, pairs, normalizer: 'none' as const })),
  ),
);

describe.each(Object.entries(topologies))('FSCL of %s', (_, { draw, classes, expected }) => {
  it.each(optionSets)('$norm $mode $pairs is what brute force says', async (options) => {
    const pencil = startSketch(7);
    draw(pencil);
    const net = pencil.finish();
    const scores = await computeImportance(net.coupling, net.weights, 'fscl', options);
    for (const j of range(classes)) {
      const score = expected(net, j, (as, bs) => relate(as, bs, options));
      expect(Math.abs(scores[j]! - score)).toBeLessThanOrEqual(1e-10 * score);
    }
  });
});

const chain = (seed: number, first = [3, 3], second = [3, 3]): Sketch => {
  const pencil = startSketch(seed);
  pencil.conv(pencil.conv(pencil.input(2), 6, first), 4, second);
  return pencil.finish();
};

describe('FSCL', () => {
  it('gives the golden numbers of a network small enough for paper', async () => {
    // A = [1 -1 0], [0 2 0]; B = [1 1], [3 -3] (1-D): 1·(1 + 0 + 1) + … by hand.
    const pencil = startSketch(
      0,
      (node, i) =>
        [
          [1, -1, 0, 0, 2, 0],
          [1, 1, 3, -3],
        ][node]![i]!,
    );
    pencil.conv(pencil.conv(pencil.input(1), 2, [3]), 1, [2]);
    const net = pencil.finish();
    const score = (options: ImportanceOptions) =>
      computeImportance(net.coupling, net.weights, 'fscl', { normalizer: 'none', ...options });
    expect([...(await score({})).slice(0, 2)]).toEqual([2, 12]); // [1 0 -1 0], [0 6 -6 0]
    expect([...(await score({ mode: 'same' })).slice(0, 2)]).toEqual([2, 12]); // [1 0 -1], [0 6 -6]
    expect([...(await score({ mode: 'valid' })).slice(0, 2)]).toEqual([1, 12]); // [0 -1], [6 -6]
    expect([...(await score({ norm: 'l2' })).slice(0, 2)]).toEqual([2, 72]);
  });

  it.each([
    [
      [1, 1],
      [3, 3],
    ],
    [
      [3, 3],
      [1, 1],
    ],
    [
      [5, 5],
      [1, 1],
    ],
  ])('%j -> %j: L1 is the product of both L1 norms', async (first, second) => {
    const net = chain(3, first, second);
    const scores = await computeImportance(net.coupling, net.weights, 'fscl', { normalizer: 'none' });
    const norm = (kernels: Matrix[]) => kernels.flat(2).reduce((sum, x) => sum + Math.abs(x), 0);
    for (const j of range(6)) {
      expect(scores[j]).toBeCloseTo(norm(rowsOf(net, 0, j)) * norm(columnsOf(net, 1, j)), 9);
    }
  });

  it('is bounded by the product of L1 norms (Young), and L2 by L1 squared', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const net = chain(seed);
        const norm = (kernels: Matrix[]) => kernels.flat(2).reduce((sum, x) => sum + Math.abs(x), 0);
        const l1 = await computeImportance(net.coupling, net.weights, 'fscl', { normalizer: 'none' });
        const l2 = await computeImportance(net.coupling, net.weights, 'fscl', {
          normalizer: 'none',
          norm: 'l2',
        });
        for (const j of range(6)) {
          expect(l1[j]).toBeLessThanOrEqual(norm(rowsOf(net, 0, j)) * norm(columnsOf(net, 1, j)) + 1e-9);
          expect(l2[j]).toBeLessThanOrEqual(l1[j]! ** 2 + 1e-9);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('follows a permutation of the channels, and scales with the weights', async () => {
    const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -2, max: 2 }), {
      minLength: 4 * 2 * 9,
      maxLength: 4 * 2 * 9,
    });
    const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
    await fc.assert(
      fc.asyncProperty(values, values, order, async (first, second, permutation) => {
        const draw = (channel: (j: number) => number, gain: number): Sketch => {
          const pencil = startSketch(0, (node, i) => {
            const tap = i % 9;
            if (node === 0)
              return gain * first[(channel(Math.floor(i / 18)) * 2 + (Math.floor(i / 9) % 2)) * 9 + tap]!;
            return second[(Math.floor(i / 36) * 4 + channel(Math.floor(i / 9) % 4)) * 9 + tap]!;
          });
          pencil.conv(pencil.conv(pencil.input(2), 4, [3, 3]), 2, [3, 3]);
          return pencil.finish();
        };
        const score = ({ coupling, weights }: Sketch) =>
          computeImportance(coupling, weights, 'fscl', { normalizer: 'none' });
        const before = await score(draw((j) => j, 1));
        const permuted = await score(draw((j) => permutation[j]!, 1));
        const doubled = await score(draw((j) => j, 2));
        for (const j of range(4)) {
          expect(permuted[j]).toBe(before[permutation[j]!]);
          expect(doubled[j]).toBe(2 * before[j]!);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has no opinion on a channel that is read but reached by no path', async () => {
    const pencil = startSketch(1);
    const x = pencil.conv(pencil.input(2), 3, [3, 3]);
    pencil.conv({ flow: [-1, -1, -1], labels: x.labels }, 4, [3, 3]);
    const net = pencil.finish();
    const scores = await computeImportance(net.coupling, net.weights);
    expect([...scores.slice(0, 3)]).toEqual([Infinity, Infinity, Infinity]);
  });

  it('reports progress up to the whole and stops when told to', async () => {
    const pencil = startSketch(2);
    pencil.conv(pencil.conv(pencil.input(128), 40, [3, 3]), 256, [3, 3]);
    const net = pencil.finish();
    const events = [];
    for await (const event of scoreClasses(net.coupling, net.weights)) events.push(event);
    expect(events.length).toBeGreaterThan(1);
    expect(events.map((event) => event.done)).toEqual(
      events.map((event) => event.done).sort((a, b) => a - b),
    );
    expect(events.at(-1)).toEqual({
      type: 'importance.progress',
      done: 40 * 128 * 256 * 81,
      total: 40 * 128 * 256 * 81,
    });

    const abort = new AbortController();
    const run = scoreClasses(net.coupling, net.weights, 'fscl', { signal: abort.signal });
    await run.next();
    abort.abort(new Error('enough'));
    await expect(run.next()).rejects.toThrow('enough');
  });
});
