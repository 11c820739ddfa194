// How long models take on this machine, measured side by side, with what disturbs the measurement told beside it.
import { performance } from 'node:perf_hooks';
import {
  type DeviceDescription,
  type Engine,
  findUnsteady,
  type LoadOptions,
  type Model,
  type ModelLatency,
  type ModelTimes,
  type NdArray,
  type Random,
  summariseRounds,
  type TimedModel,
  type TimingOptions,
  timeRounds,
} from '@espalier/core';
import { describeLocal } from '../devices/local-device.ts';
import { describeMachine, findDisturbances, type MachineDescription } from './machine.ts';

/** One of the models compared. */
export interface LatencySubject {
  /** What the report calls it, e.g. `original`. */
  readonly name: string;
  readonly model: Model | Uint8Array;
  readonly externalFiles?: LoadOptions['externalFiles'];
}

/** How long and how to measure. */
export interface LatencyOptions extends TimingOptions {
  /** Draws the bootstrap samples. */
  readonly random: Random;
  /** Execution provider, default `cpu`. */
  readonly provider?: string;
  /** Intra-op threads, default: the runtime's choice. */
  readonly threads?: number;
}

/** A whole comparison. */
export interface LatencyReport {
  readonly machine: MachineDescription;
  readonly device: DeviceDescription;
  readonly provider: string;
  /** Intra-op threads asked for; absent when the runtime chose. */
  readonly threads?: number;
  readonly models: readonly ModelLatency[];
  /** Reasons to distrust the numbers, as sentences. */
  readonly warnings: readonly string[];
}

/** What {@link measureLatency} tells while it works; the last event carries the report. */
export type LatencyEvent =
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'loaded'; readonly name: string; readonly loadMs: number; readonly firstRunMs: number }
  | { readonly type: 'progress'; readonly rounds: number; readonly fraction: number }
  | { readonly type: 'measured'; readonly report: LatencyReport };

/**
 * Measures models over the same feeds, as {@link timeRounds} does. The first subject is the reference of the speed-ups. All models must take the
 * feeds. Throws `bench.no-models`, `interrupted`, and what the engine throws; sessions are always closed.
 */
export async function* measureLatency(
  engine: Engine,
  subjects: readonly LatencySubject[],
  feeds: Readonly<Record<string, NdArray>>,
  options: LatencyOptions,
): AsyncGenerator<LatencyEvent, void, undefined> {
  const { random, provider = 'cpu', threads } = options;
  const machine = await describeMachine();
  const disturbances = findDisturbances(machine);
  for (const message of disturbances) yield { type: 'warning', message };
  const placement = { provider, ...(threads === undefined ? {} : { threads }) };
  const timed = subjects.map(
    ({ name, model, externalFiles }): TimedModel => ({
      name,
      load: () =>
        engine.load(model, { ...placement, ...(externalFiles === undefined ? {} : { externalFiles }) }),
      feeds: () => feeds,
    }),
  );
  let times: readonly ModelTimes[] = [];
  for await (const event of timeRounds(timed, performance, options)) {
    if (event.type === 'timed') times = event.times;
    else yield event;
  }
  const models = summariseRounds(times, random);
  const unsteady = findUnsteady(models);
  for (const message of unsteady) yield { type: 'warning', message };
  yield {
    type: 'measured',
    report: {
      machine,
      device: describeLocal(machine, engine, placement),
      ...placement,
      models,
      warnings: [...disturbances, ...unsteady],
    },
  };
}
