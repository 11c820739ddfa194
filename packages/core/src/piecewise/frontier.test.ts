import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { analyse, engine } from '../plan/analysed-net.case.ts';
import { replaceConstants } from '../recovery/replace-constants.ts';
import { Frontier } from './frontier.ts';
import { peakLiveBytes } from './live-bytes.ts';

const batch = (value: number) =>
  ({ type: 'float32', dims: [1, 2], data: new Float32Array(2).fill(value) }) as const;

/** x → a = 2x → b = a + x → c = 10b; a also → d = a + 1. */
async function open() {
  const g = new GraphBuilder();
  const x = g.input('x', [1, 2]);
  const a = g.node('Mul', [x, g.constant({ dims: [1], data: [2] })], {}, 'a');
  const b = g.node('Add', [a, x], {}, 'b');
  g.output(g.node('Mul', [b, g.constant({ dims: [1], data: [10] }, 'ten')], {}, 'c'));
  g.output(g.node('Add', [a, g.constant({ dims: [1], data: [1] })], {}, 'd'));
  const { traced } = await analyse(g.model());
  return { traced, frontier: new Frontier(traced, [{ x: batch(1) }, { x: batch(2) }], engine) };
}

const numbers = (values: Awaited<ReturnType<Frontier['advance']>>): number[][] =>
  values.map((batches) => batches.map(({ data }) => Number(data[0])));

describe('Frontier', () => {
  it('hands out values batch by batch, and keeps what is still to be read', async () => {
    const { frontier } = await open();
    expect(numbers(await frontier.advance(['b_out']))).toEqual([[3, 6]]);
    expect(numbers(await frontier.advance(['d_out', 'a_out']))).toEqual([
      [3, 5],
      [2, 4],
    ]);
    expect(numbers(await frontier.advance(['c_out']))).toEqual([[30, 60]]);
  });

  it('lets go of values that nothing reads any more', async () => {
    const { frontier } = await open();
    await frontier.advance(['c_out', 'd_out']);
    await expect(frontier.advance(['a_out'])).rejects.toMatchObject({ code: 'piecewise.value-gone' });
  });

  it('looks ahead without moving, and runs the changed model from there on', async () => {
    const { frontier, traced } = await open();
    await frontier.advance(['b_out']);
    expect(numbers(await frontier.peek(['c_out']))).toEqual([[30, 60]]);
    const array = { type: 'float32', dims: [1], data: Float32Array.of(100) } as const;
    frontier.update(replaceConstants(traced.model, [{ node: 'c_out', input: 1, array }]));
    expect(numbers(await frontier.advance(['c_out']))).toEqual([[300, 600]]);
  });
});

it('peakLiveBytes adds up what is alive at the same time', async () => {
  const { traced } = await open();
  // x, a and b meet; later only a, b and c.
  expect(peakLiveBytes(traced)).toBe(3 * 8);
});
