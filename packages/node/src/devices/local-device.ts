// This machine as a device.
import { performance } from 'node:perf_hooks';
import {
  type DeviceDescription,
  declaredFeeds,
  describeDevice,
  type Engine,
  LOCAL_NAME,
  type TimedModel,
  timeRounds,
} from '@espalier/core';
import { describeMachine, findDisturbances, type MachineDescription } from '../bench/machine.ts';
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

/** A machine with an engine and a placement as a device. */
export function describeLocal(
  { cpu, cores, platform }: MachineDescription,
  { name: engineName, version }: Engine,
  placement: { readonly provider: string; readonly threads?: number },
  name = LOCAL_NAME,
): DeviceDescription {
  const facts = { runtime: `${engineName} ${version}`, ...placement, processor: cpu, cores, os: platform };
  return describeDevice({ name, ...facts });
}

/** Describes this machine as a device. Its load and frequency governor come as warnings when it measures. */
export async function createLocalDevice({
  engine = createOrtEngine(),
  provider = 'cpu',
  threads,
  name = LOCAL_NAME,
}: LocalDeviceOptions = {}): Promise<Device> {
  const placement = { provider, ...(threads === undefined ? {} : { threads }) };
  const description = describeLocal(await describeMachine(), engine, placement, name);
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
