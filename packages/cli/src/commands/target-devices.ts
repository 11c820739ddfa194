// The devices whose latency `run` is to reach: which they are, what is known of them, and the folder each one's run goes to.
import { EspalierError } from '@espalier/core';
import type { Device, LatencyAim } from '@espalier/node';
import type { CommandContext } from './command.ts';
import { knowDevice } from './latency-device.ts';
import { namesOf, type OpenDevices, openDevices } from './open-devices.ts';
import type { SearchAim } from './search-settings.ts';

type Context = CommandContext<'run'>;

/** Prepares them; undefined where no latency is asked for. Errors, kind usage: `run.bad-target` for devices without a latency, `latency.one-table`; those of `openDevices`. */
export async function openTargetDevices(
  context: Context,
  { target }: SearchAim,
): Promise<OpenDevices | undefined> {
  const { options } = context;
  const isElsewhere = options.devices.length > 0 || options.benchCommand !== undefined;
  if (target?.measure !== 'latency') {
    if (!isElsewhere) return undefined;
    throw new EspalierError({
      kind: 'usage',
      code: 'run.bad-target',
      message: 'Devices are named, but no latency that they are to reach.',
      hint: 'Ask for one, such as --target latency=0.5, or leave out --devices and --bench-command.',
    });
  }
  if (
    options.latencyTable !== undefined &&
    namesOf(options.devices).length + (options.benchCommand ? 1 : 0) > 1
  ) {
    throw new EspalierError({
      kind: 'usage',
      code: 'latency.one-table',
      message: `--latency-table ${options.latencyTable} can hold what is known of one device only.`,
      hint: 'Leave it out: every device has a file of its own in the cache folder.',
    });
  }
  return openDevices(context);
}

/** A latency on this device, with what is known of it. */
export async function aimAt(
  device: Device,
  { latencyTable, latencyMethod: method }: Context['options'],
): Promise<LatencyAim> {
  const { table, save } = await knowDevice(device, latencyTable);
  return { device, method, onLearned: save, ...(table && { table }) };
}

/** A folder name for each of several devices: its name, with a number where another has the same. */
export function nameFolders(devices: readonly Device[]): readonly string[] {
  const names = devices.map(
    ({ description }) =>
      description.name
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, '-')
        .replace(/^-|-$/g, '') || 'device',
  );
  return names.map((name, at) => {
    const before = names.slice(0, at).filter((other) => other === name).length;
    return before === 0 ? name : `${name}-${before + 1}`;
  });
}
