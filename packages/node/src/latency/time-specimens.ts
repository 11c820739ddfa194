// Times micro-benchmarks on a device: every specimen once and several times over in one model; the difference is the specimen.
import { buildUnitModel, encodeModel, percentile, type SpecimenTask, UNIT_INPUT } from '@espalier/core';
import { type Device, type DeviceModel, timeOnDevice } from '../devices/device.ts';

/** Short turns, many of them: the fastest turn is the one that nothing disturbed. */
const BRIEFLY = { warmup: 1, minRounds: 8, minSeconds: 0, sliceMs: 1.5 } as const;
/** Of a device that starts anew each time, as that would take minutes. */
const TWICE = { warmup: 0, minRounds: 2, minSeconds: 0 } as const;
/** Multiply-accumulates that make a measurement long enough to be told from calling it. */
const TELLING_MACS = 6e7;
const MOST_COPIES = 8;
/** Specimens that are loaded together. */
const BATCH = 8;

/** Milliseconds of each task, in batches; yields how many are done. */
export async function* timeSpecimens(
  device: Device,
  tasks: readonly SpecimenTask[],
  signal?: AbortSignal,
): AsyncGenerator<number, readonly number[]> {
  const times: number[] = [];
  while (times.length < tasks.length) {
    const batch = tasks.slice(times.length, times.length + BATCH);
    times.push(...(await timeBatch(device, batch, signal)));
    yield times.length;
  }
  return times;
}

async function timeBatch(
  device: Device,
  tasks: readonly SpecimenTask[],
  signal: AbortSignal | undefined,
): Promise<readonly number[]> {
  const copies = tasks.map(({ macs }) =>
    Math.min(Math.max(Math.round(TELLING_MACS / Math.max(macs, 1)), 1), MOST_COPIES),
  );
  const models = tasks.flatMap(({ specimen }, index) =>
    [1, 1 + copies[index]!].map(
      (count): DeviceModel => ({
        name: `${index} x${count}`,
        bytes: encodeModel(buildUnitModel(specimen, count)),
        inputSize: { [UNIT_INPUT]: specimen.input },
      }),
    ),
  );
  const timing = device.startsAnew ? TWICE : BRIEFLY;
  const { times } = await timeOnDevice(device, models, { ...timing, ...(signal && { signal }) });
  const fastest = times.map(({ rounds }) => Math.min(...rounds.map((round) => percentile(round, 25))));
  return tasks.map((_, index) => {
    const [one, many] = [fastest[2 * index]!, fastest[2 * index + 1]!];
    // Noise can make the many faster than the one; the share of the one that its copies account for is then the better guess.
    return Math.max(many - one, many / 20) / copies[index]!;
  });
}
