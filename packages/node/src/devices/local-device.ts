// This machine as a device.
import { performance } from 'node:perf_hooks';
import { declaredFeeds, describeDevice, type Engine, type TimedModel, timeRounds } from '@espalier/core';
import { describeMachine, findDisturbances } from '../bench/machine.ts';
import { createOrtEngine } from '../engine/ort-engine.ts';
import type { Device } from './device.ts';

/** What runs the models, and how. */
export interface LocalDeviceOptions {
  /** Default: onnxruntime-node. */
  readonly engine?: Engine;
  /** Execution provider, default `cpu`. */
  readonly provider?: string;
  /** Intra-op threads, default: the runtime's choice. */
  readonly threads?: number;
  /** What reports call it, default `this machine`. */
  readonly name?: string;
}

/** Describes this machine as a device. Its load and frequency governor come as warnings when it measures. */
export async function createLocalDevice({
  engine = createOrtEngine(),
  provider = 'cpu',
  threads,
  name = 'this machine',
}: LocalDeviceOptions = {}): Promise<Device> {
  const { cpu, cores, platform } = await describeMachine();
  const placement = { provider, ...(threads === undefined ? {} : { threads }) };
  const description = describeDevice({
    name,
    runtime: `${engine.name} ${engine.version}`,
    ...placement,
    processor: cpu,
    cores,
    os: platform,
  });
  return {
    description,
    async *time(models, options = {}) {
      const warnings = findDisturbances(await describeMachine());
      for (const message of warnings) yield { type: 'warning', message };
      const timed = models.map(
        ({ name, bytes, inputSize }): TimedModel => ({
          name,
          load: () => engine.load(bytes, placement),
          feeds: (inputs) => declaredFeeds(inputs, inputSize, options.seed ?? 0),
        }),
      );
      for await (const event of timeRounds(timed, performance, options)) {
        yield event.type === 'timed' ? { ...event, device: description, warnings } : event;
      }
    },
    close: async () => {},
  };
}
