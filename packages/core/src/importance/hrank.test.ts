import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { analyse, engine } from '../plan/analysed-net.case.ts';
import { createRandom } from '../random.ts';
import { createRankMeter } from './activation-meters.ts';
import { computeImportance } from './importance.ts';
import { findFeatureMaps } from './observed-values.ts';
import { weightsOf } from './traced-weights.ts';

const SIDE = 6;

/** Filters that hand on single input channels (or nothing), ReLU, and a consumer; with a shortcut round a second such layer on demand. */
function build(picks: readonly number[], shortcut?: readonly number[]) {
  const g = new GraphBuilder();
  const picking = (from: readonly number[], inputs: number) =>
    g.constant({
      dims: [from.length, inputs, 1, 1],
      data: from.flatMap((pick) => Array.from({ length: inputs }, (_, i) => (i === pick ? 1 : 0))),
    });
  const x = g.input('x', ['N', 3, SIDE, SIDE]);
  const first = g.node('Relu', [g.node('Conv', [x, picking(picks, 3)], {}, 'first')]);
  const last = shortcut
    ? g.node('Add', [first, g.node('Conv', [first, picking(shortcut, picks.length)], {}, 'second')])
    : first;
  const head = g.constant({ dims: [1, picks.length, 1, 1], data: picks.map(() => 1) });
  g.output(g.node('Conv', [last, head], {}, 'head'));
  return g.model();
}

/** Two images whose channels have rank 1, 3 and (almost surely) 6; all elements are positive. */
function drawImages(): Float32Array {
  const random = createRandom(8);
  const channel = (rank: number): number[] => {
    const left = Array.from({ length: SIDE * rank }, () => random.next());
    const right = Array.from({ length: rank * SIDE }, () => random.next());
    return Array.from({ length: SIDE * SIDE }, (_, at) => {
      const [row, column] = [Math.floor(at / SIDE), at % SIDE];
      return Array.from(
        { length: rank },
        (__, k) => left[row * rank + k]! * right[k * SIDE + column]!,
      ).reduce((a, b) => a + b);
    });
  };
  return Float32Array.from([1, 2].flatMap(() => [1, 3, 6].flatMap(channel)));
}

async function score(model: ReturnType<typeof build>) {
  const { traced, coupling } = await analyse(model);
  const observed = findFeatureMaps(traced, coupling);
  const outputs = observed.map(({ value }) => ({ name: value }));
  const session = await engine.load({ ...model, graph: { ...model.graph, outputs } });
  const meter = createRankMeter(observed);
  meter.add(await session.run({ x: { type: 'float32', dims: [2, 3, SIDE, SIDE], data: drawImages() } }));
  await session.close();
  const options = { activations: { ranks: meter.result() }, normalizer: 'none' } as const;
  const scores = await computeImportance(coupling, weightsOf(traced), 'hrank', options);
  const first = coupling.uses.find(({ role, node }) => role === 'produce' && node === 0)!;
  return Array.from(first.labels, (id) => scores[id]!);
}

describe('hrank', () => {
  it('is the rank of the map a filter makes', async () => {
    expect(await score(build([2, 0, 1, -1]))).toEqual([6, 1, 3, 0]);
  });

  it('adds up over the filters of a residual stage', async () => {
    expect(await score(build([2, 0, 1], [1, 1, 0]))).toEqual([6 + 1, 1 + 1, 3 + 6]);
  });
});
