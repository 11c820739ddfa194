import { describe, expect, it } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { analyse, engine } from '../plan/analysed-net.case.ts';
import { replaceConstants } from '../recovery/replace-constants.ts';
import { Frontier, type FrontierOptions } from './frontier.ts';

const batch = (value: number) =>
  ({ type: 'float32', dims: [1, 2], data: new Float32Array(2).fill(value) }) as const;

/** x → a = 2x → b = a + x → c = 10b; a also → d = a + 1. */
async function open(options: FrontierOptions = {}) {
  const g = new GraphBuilder();
  const x = g.input('x', [1, 2]);
  const a = g.node('Mul', [x, g.constant({ dims: [1], data: [2] })], {}, 'a');
  const b = g.node('Add', [a, x], {}, 'b');
  g.output(g.node('Mul', [b, g.constant({ dims: [1], data: [10] }, 'ten')], {}, 'c'));
  g.output(g.node('Add', [a, g.constant({ dims: [1], data: [1] })], {}, 'd'));
  const { traced } = await analyse(g.model());
  const runs: string[] = [];
  const frontier = new Frontier(traced, [{ x: batch(1) }, { x: batch(2) }], logTo(runs), options);
  const change = (value: number): void => {
    const array = { type: 'float32', dims: [1], data: Float32Array.of(value) } as const;
    frontier.update(replaceConstants(traced.model, [{ node: 'c_out', input: 1, array }]));
  };
  return { traced, frontier, change, runs };
}

/** The engine, with a list of what its sessions do. */
function logTo(runs: string[]): Engine {
  return {
    ...engine,
    async load(model, options) {
      const session = await engine.load(model, options);
      return {
        ...session,
        run(feeds, fetches) {
          runs.push('run');
          return session.run(feeds, fetches);
        },
        close() {
          runs.push('close');
          return session.close();
        },
      };
    },
  };
}

async function numbersOf(stream: ReturnType<Frontier['stream']>): Promise<readonly number[][]> {
  const rows: number[][] = [];
  for await (const values of stream) rows.push(Object.values(values).map(({ data }) => Number(data[0])));
  return rows;
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
    const { frontier, change } = await open();
    await frontier.advance(['b_out']);
    expect(numbers(await frontier.peek(['c_out']))).toEqual([[30, 60]]);
    change(100);
    expect(numbers(await frontier.advance(['c_out']))).toEqual([[300, 600]]);
  });

  it('keeps held values that nothing reads any more', async () => {
    const { frontier } = await open({ held: ['a_out'] });
    await frontier.advance(['c_out', 'd_out']);
    expect(numbers(await frontier.advance(['a_out']))).toEqual([[2, 4]]);
  });
});

const outputs = ['c_out', 'd_out'];

describe('Frontier.advanceTo', () => {
  it('runs what lies before a node, so that the node is the first that is pending', async () => {
    const { frontier } = await open();
    expect(frontier.pending(outputs)).toEqual([0, 1, 2, 3]);
    await frontier.advanceTo(2);
    expect(frontier.pending(outputs)).toEqual([2, 3]);
    expect(frontier.pending(['c_out'])).toEqual([2]);
  });

  it('runs a held value that is finished early, with the model as it is then', async () => {
    const { frontier, change } = await open({ held: outputs });
    await frontier.advanceTo(3);
    expect(frontier.pending(outputs)).toEqual([3]);
    change(100);
    expect(numbers(await frontier.peek(outputs))).toEqual([
      [30, 60],
      [3, 5],
    ]);
  });

  it('runs nothing twice, and nothing when it is there already', async () => {
    const { frontier, runs } = await open({ held: outputs });
    await frontier.advanceTo(2);
    const before = runs.length;
    await frontier.advanceTo(2);
    await frontier.advanceTo(1);
    expect(runs).toHaveLength(before);
    await frontier.advanceTo(4);
    expect(frontier.pending(outputs)).toEqual([]);
  });
});

describe('Frontier.stream', () => {
  it('gives the values batch by batch without moving, by the changed model', async () => {
    const { frontier, change } = await open();
    await frontier.advanceTo(2);
    expect(await numbersOf(frontier.stream(outputs))).toEqual([
      [30, 3],
      [60, 5],
    ]);
    change(100);
    expect(await numbersOf(frontier.stream(outputs))).toEqual([
      [300, 3],
      [600, 5],
    ]);
    expect(frontier.pending(outputs)).toEqual([2, 3]);
  });

  it('runs no further than it is listened to, and closes what it opened', async () => {
    const { frontier, runs } = await open();
    for await (const { c_out } of frontier.stream(['c_out'])) {
      expect(Number(c_out!.data[0])).toBe(30);
      break;
    }
    expect(runs).toEqual(['run', 'close']);
  });

  it('hands out what is there without running anything', async () => {
    const { frontier, runs } = await open({ held: outputs });
    await frontier.advance(outputs);
    const before = runs.length;
    expect(await numbersOf(frontier.stream(outputs))).toEqual([
      [30, 3],
      [60, 5],
    ]);
    expect(runs).toHaveLength(before);
  });
});
