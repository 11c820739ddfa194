// A measurement on its way to a host and back.
import type { EventEmitter } from 'node:events';
import {
  type DeviceDescription,
  describeHosted,
  EspalierError,
  type HostFacts,
  type HostJob,
  type HostPlacement,
  type HostReport,
} from '@espalier/core';
import type { DeviceEvent, DeviceModel, DeviceTimingOptions } from '../device.ts';

/** A job of a hub. */
export interface Job {
  readonly device: DeviceDescription;
  readonly placement: HostPlacement;
  readonly models: readonly DeviceModel[];
  readonly options: DeviceTimingOptions;
  /** Emits `event`s, and an `error` when the job fails. */
  readonly events: EventEmitter;
  readonly warnings: string[];
  /** Random name of the attempt under way; a host that was given another one is not listened to. */
  attempt?: string;
  attempts: number;
  /** Gives up, while nobody works on it. */
  timer?: NodeJS.Timeout;
}

/** Whether a host can be the device of a job. */
export function isDevice(facts: HostFacts, { device, placement }: Job): boolean {
  try {
    return describeHosted(facts, placement).fingerprint === device.fingerprint;
  } catch {
    return false;
  }
}

/** A job as a host is told of it. */
export function describeJob({ device, models, options }: Job, attempt: string): HostJob {
  const { seed = 0, signal: _, ...length } = options;
  return {
    job: attempt,
    provider: device.provider,
    ...(device.threads !== undefined && { threads: device.threads }),
    seed,
    length,
    models: models.map(({ name, bytes, inputSize }) => ({
      // A name can be a path; where this machine keeps its files is nobody's business.
      name: name.split(/[\\/]/).at(-1)!,
      bytes: bytes.byteLength,
      ...(inputSize && { inputSize }),
    })),
  };
}

/** Ends a job with the times of its host; with `device.other-threads` or `device.bad-times` when they are not what was asked for. */
export function concludeJob(
  job: Job,
  { times, threads }: Extract<HostReport, { readonly type: 'timed' }>,
): void {
  const { device, models, warnings, events } = job;
  const refuse = (code: string, what: string): void =>
    failJob(
      job,
      new EspalierError({ kind: 'engine', code, message: `The device '${device.name}' ${what}.` }),
    );
  if (threads !== undefined && device.threads !== undefined && threads !== device.threads) {
    refuse('device.other-threads', `took ${threads} threads instead of ${device.threads}`);
    return;
  }
  const rounds = times[0]?.rounds.length;
  if (times.length !== models.length || times.some((model) => model.rounds.length !== rounds)) {
    refuse('device.bad-times', 'sent times that do not fit the models');
    return;
  }
  // What reports call a model is not always what the host was told.
  const named = times.map((model, i) => ({ ...model, name: models[i]!.name }));
  events.emit('event', {
    type: 'timed',
    device,
    times: named,
    warnings: [...warnings],
  } satisfies DeviceEvent);
}

/** Ends a job with an error, where anybody still waits for it. */
export function failJob({ events }: Job, error: EspalierError): void {
  if (events.listenerCount('error') > 0) events.emit('error', error);
}

/** The error `device.left`; `how` completes the sentence. */
export function leftError({ device }: Job, how: string): EspalierError {
  return new EspalierError({
    kind: 'engine',
    code: 'device.left',
    message: `The device '${device.name}' has left ${how}.`,
    hint: 'Keep its page in front and its screen on, and measure again.',
  });
}
