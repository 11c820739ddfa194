import { describe, expect, it } from 'vitest';
import type { Session } from '../engine/engine.ts';
import {
  type Clock,
  type ModelTimes,
  type TimedModel,
  type TimingOptions,
  timeRounds,
} from './time-rounds.ts';

/** A clock that only runs move, so that nothing here depends on the time a test takes. */
class Stage implements Clock {
  readonly stepMs: number;
  readonly order: string[] = [];
  open = 0;
  #ms = 0;

  constructor(stepMs = 0) {
    this.stepMs = stepMs;
  }

  now(): number {
    return this.stepMs === 0 ? this.#ms : Math.floor(this.#ms / this.stepMs) * this.stepMs;
  }

  wait(ms: number): void {
    this.#ms += ms;
  }

  /** A model of which every run takes so long. */
  model(name: string, ms: number): TimedModel {
    const session: Session = {
      inputs: [],
      outputs: [],
      run: async () => {
        this.wait(ms);
        this.order.push(name);
        return {};
      },
      close: async () => {
        this.open--;
      },
    };
    const load = async () => {
      this.#ms += 100;
      this.open++;
      return session;
    };
    return { name, load, feeds: () => ({}) };
  }
}

async function time(
  stage: Stage,
  models: readonly TimedModel[],
  options: TimingOptions = {},
): Promise<readonly ModelTimes[]> {
  for await (const event of timeRounds(models, stage, options))
    if (event.type === 'timed') return event.times;
  throw new Error('The times are missing.');
}

describe('timeRounds', () => {
  it('frees what every run returns, when its time is taken', async () => {
    const stage = new Stage();
    const model = stage.model('a', 10);
    const left: unknown[] = [];
    const load = async (): Promise<Session> => {
      const session = await model.load();
      return {
        ...session,
        run: async (feeds) => {
          await session.run(feeds);
          const outputs = { y: { type: 'float32', dims: [1], data: Float32Array.of(left.length) } } as const;
          left.push(outputs);
          return outputs;
        },
        discard: (outputs) => {
          left.splice(left.indexOf(outputs), 1);
          // Time that must not count.
          stage.wait(100);
        },
      };
    };
    const times = await time(stage, [{ ...model, load }, stage.model('b', 10)], {
      ...{ warmup: 2, minRounds: 2, minSeconds: 0 },
    });
    expect(left).toEqual([]);
    expect(times.map(({ firstRunMs, rounds }) => [firstRunMs, rounds])).toEqual(
      Array(2).fill([10, Array(2).fill([10, 10])]),
    );
  });

  it('gives every model a slice of 20 ms in turn, each round starting with the next, and drops the first run of a slice', async () => {
    const stage = new Stage();
    const models = [stage.model('a', 10), stage.model('b', 8)];
    const times = await time(stage, models, { warmup: 0, minRounds: 3, minSeconds: 0 });
    expect(times).toEqual([
      {
        name: 'a',
        loadMs: 100,
        firstRunMs: 10,
        rounds: [
          [10, 10],
          [10, 10],
          [10, 10],
        ],
      },
      {
        name: 'b',
        loadMs: 100,
        firstRunMs: 8,
        rounds: [
          [8, 8, 8],
          [8, 8, 8],
          [8, 8, 8],
        ],
      },
    ]);
    expect(stage.order.join('')).toBe('ab' + 'aaabbbb' + 'bbbbaaa' + 'aaabbbb');
    expect(stage.open).toBe(0);
  });

  it('goes on until every model was measured for long enough', async () => {
    const stage = new Stage();
    const [slow, fast] = await time(stage, [stage.model('slow', 50), stage.model('fast', 4)], {
      minSeconds: 1,
    });
    expect(slow!.rounds).toHaveLength(50);
    expect(fast!.rounds.flat()).toHaveLength(250);
  });

  it('reads a coarse clock over as many runs as its step needs', async () => {
    const stage = new Stage(1);
    const [model] = await time(stage, [stage.model('a', 0.3)], { minRounds: 4, minSeconds: 0 });
    for (const ms of model!.rounds.flat()) expect(Math.abs(ms - 0.3)).toBeLessThan(0.3 / 50);
  });

  it('closes every session when a later model cannot be loaded', async () => {
    const stage = new Stage();
    const broken: TimedModel = {
      name: 'b',
      load: () => Promise.reject(new Error('broken')),
      feeds: () => ({}),
    };
    await expect(time(stage, [stage.model('a', 1), broken])).rejects.toThrow('broken');
    expect(stage.open).toBe(0);
  });
});
