// A device: a place where models are timed. This machine, a browser, another machine or a command of the user's own all answer the same
// question, with raw times that carry the device they belong to.
import {
  type DeviceDescription,
  EspalierError,
  encodeModel,
  type InputSize,
  type Model,
  type ModelTimes,
  poolSessions,
  type TimingEvent,
  type TimingOptions,
  type TracedModel,
} from '@espalier/core';

/** A model as it is sent to a device. */
export interface DeviceModel {
  /** What reports call it. */
  readonly name: string;
  /** An encoded ONNX file that holds all its weights. */
  readonly bytes: Uint8Array;
  /** Dims by input name, such as a traced size; needed where a declared dim is open. */
  readonly inputSize?: InputSize;
}

/** How long to measure, and on what. */
export interface DeviceTimingOptions extends TimingOptions {
  /** Draws the inputs, default 0: models with the same inputs get the same numbers. */
  readonly seed?: number;
}

/** Times and the device that they were measured on; times of two fingerprints are never compared. */
export interface DeviceTimes {
  readonly device: DeviceDescription;
  /** In the order of the models. */
  readonly times: readonly ModelTimes[];
  /** Reasons to distrust them, as sentences. */
  readonly warnings: readonly string[];
}

/** What a device tells while it measures; the last event carries the times. */
export type DeviceEvent =
  | Exclude<TimingEvent, { readonly type: 'timed' }>
  | { readonly type: 'warning'; readonly message: string }
  | ({ readonly type: 'timed' } & DeviceTimes);

/** A place where models are timed. Close it. */
export interface Device {
  readonly description: DeviceDescription;
  /**
   * Whether every time is of a session of its own and worth many runs, as with commands: one call then costs far more than what it times, and neither many
   * short turns nor several sessions tell more. Default false.
   */
  readonly startsAnew?: boolean;
  /**
   * Times models side by side, in interleaved rounds. Throws `bench.no-models`, `interrupted`, what the engine throws, and errors of the device
   * with a code that begins with `device.`.
   */
  time(
    models: readonly DeviceModel[],
    options?: DeviceTimingOptions,
  ): AsyncGenerator<DeviceEvent, void, undefined>;
  close(): Promise<void>;
}

/** A model as it is sent to a device: encoded, with the first traced size. */
export function toDeviceModel(
  name: string,
  model: Model,
  { sizes }: Pick<TracedModel, 'sizes'>,
): DeviceModel {
  return { name, bytes: encodeModel(model), inputSize: sizes[0]! };
}

/**
 * As {@link timeOnDevice}, with `sessions` of every model, told as one: sessions of a model differ by where their memory comes to lie. Of a device that
 * starts anew one is enough. Models must have names of their own.
 */
export async function timeSessions(
  device: Device,
  models: readonly DeviceModel[],
  sessions: number,
  options: DeviceTimingOptions = {},
  onEvent: (event: Exclude<DeviceEvent, { readonly type: 'timed' }>) => void = () => {},
): Promise<DeviceTimes> {
  const all = Array.from({ length: device.startsAnew ? 1 : sessions }, () => models).flat();
  const { times, ...measured } = await timeOnDevice(device, all, options, onEvent);
  return { ...measured, times: poolSessions(times) };
}

/** Times models to the end and returns what the last event carries; `onEvent` sees the others. Errors: those of {@link Device.time}. */
export async function timeOnDevice(
  device: Device,
  models: readonly DeviceModel[],
  options: DeviceTimingOptions = {},
  onEvent: (event: Exclude<DeviceEvent, { readonly type: 'timed' }>) => void = () => {},
): Promise<DeviceTimes> {
  for await (const event of device.time(models, options)) {
    if (event.type !== 'timed') {
      onEvent(event);
      continue;
    }
    const { type: _, ...times } = event;
    return times;
  }
  throw new EspalierError({
    kind: 'engine',
    code: 'device.no-times',
    message: `The device '${device.description.name}' ended without times.`,
  });
}
