import { createRandom, type Engine, GraphBuilder, type Model, type NdArray } from '@espalier/core';
import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../engine/ort-engine.ts';
import { type LatencyEvent, type LatencyOptions, type LatencyReport, measureLatency } from './latency.ts';

/** A chain of square matrix products: twice the length is twice the work. */
function chain(length: number): Model {
  const g = new GraphBuilder();
  let value = g.input('x', [128, 128]);
  const w = g.constant({ dims: [128, 128], data: new Float32Array(128 * 128).fill(0.01) });
  for (let i = 0; i < length; i++) value = g.node('MatMul', [value, w]);
  g.output(value, [128, 128]);
  return g.model();
}

const feeds: Readonly<Record<string, NdArray>> = {
  x: { type: 'float32', dims: [128, 128], data: new Float32Array(128 * 128).fill(1) },
};

const options = (more: Partial<LatencyOptions> = {}): LatencyOptions => ({
  random: createRandom(1),
  threads: 1,
  minSeconds: 0.3,
  ...more,
});

async function collect(events: AsyncIterable<LatencyEvent>): Promise<readonly LatencyEvent[]> {
  const list: LatencyEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

function reportOf(events: readonly LatencyEvent[]): LatencyReport {
  const last = events.at(-1);
  if (last?.type !== 'measured') throw new Error(`The last event is '${last?.type}'.`);
  return last.report;
}

describe('measureLatency', () => {
  it('finds a model of a sixteenth of the work faster, and says how sure it is', async () => {
    const subjects = [
      { name: 'long', model: chain(16) },
      { name: 'short', model: chain(1) },
    ];
    const events = await collect(measureLatency(createOrtEngine(), subjects, feeds, options()));
    expect(events.filter((e) => e.type === 'loaded').map((e) => e.name)).toEqual(['long', 'short']);
    const { models, provider, threads } = reportOf(events);
    expect({ provider, threads }).toEqual({ provider: 'cpu', threads: 1 });
    const [long, short] = models as [LatencyReport['models'][number], LatencyReport['models'][number]];
    expect(long.speedup).toEqual({ value: 1, interval: [1, 1] });
    expect(short.speedup.value).toBeGreaterThan(1);
    expect(short.speedup.interval[0]).toBeLessThanOrEqual(short.speedup.value);
    expect(short.speedup.interval[1]).toBeGreaterThanOrEqual(short.speedup.value);
    for (const model of models) {
      expect(model.loadMs).toBeGreaterThan(0);
      expect(model.firstRunMs).toBeGreaterThan(0);
      expect(model.medianMs.value).toBeLessThanOrEqual(model.p90Ms);
      expect(model.p90Ms).toBeLessThanOrEqual(model.p99Ms);
      expect(model.iterations * model.meanMs).toBeGreaterThanOrEqual(299);
    }
  });

  it('runs the least number of rounds, however little time is asked for', async () => {
    const run = measureLatency(
      createOrtEngine(),
      [{ name: 'a', model: chain(1) }],
      feeds,
      options({ minSeconds: 0, minRounds: 25 }),
    );
    expect(reportOf(await collect(run)).models[0]?.iterations).toBeGreaterThanOrEqual(25);
  });

  it('stops between two runs when aborted, and closes what it opened', async () => {
    const aborted = new AbortController();
    let open = 0;
    const engine = countingEngine((change) => {
      open += change;
    });
    const run = measureLatency(
      engine,
      [{ name: 'a', model: chain(1) }],
      feeds,
      options({ minSeconds: 60, signal: aborted.signal }),
    );
    const outcome = (async () => {
      for await (const event of run) if (event.type === 'progress') aborted.abort();
    })();
    await expect(outcome).rejects.toMatchObject({ kind: 'interrupted' });
    expect(open).toBe(0);
  });

  it('closes the first model when the second cannot run', async () => {
    let open = 0;
    const engine = countingEngine((change) => {
      open += change;
    });
    const other = new GraphBuilder();
    other.output(other.node('Relu', [other.input('q', [1])]), [1]);
    const subjects = [
      { name: 'a', model: chain(1) },
      { name: 'b', model: other.model() },
    ];
    await expect(collect(measureLatency(engine, subjects, feeds, options()))).rejects.toMatchObject({
      code: 'engine.run-failed',
    });
    expect(open).toBe(0);
  });

  it('refuses to compare nothing', async () => {
    await expect(collect(measureLatency(createOrtEngine(), [], feeds, options()))).rejects.toMatchObject({
      code: 'bench.no-models',
    });
  });
});

/** The real engine, with every session counted in and out. */
function countingEngine(count: (change: number) => void): Engine {
  const engine = createOrtEngine();
  return {
    ...engine,
    async load(model, load) {
      const session = await engine.load(model, load);
      count(1);
      return {
        inputs: session.inputs,
        outputs: session.outputs,
        run: (given, fetches) => session.run(given, fetches),
        async close() {
          count(-1);
          await session.close();
        },
      };
    },
  };
}
