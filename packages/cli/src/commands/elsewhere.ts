// Measuring elsewhere than on this machine: on a device that joins, or with a command of the user's own.
import { EspalierError } from '@espalier/core';
import { type Analysis, type Device, type DeviceModel, toDeviceModel } from '@espalier/node';
import type { CommandContext } from './command.ts';
import { openDevices } from './open-devices.ts';

/** A place that is being prepared. Close it. */
export interface Elsewhere {
  /** The device, once it is there. Throws `interrupted`, and what a device throws that cannot do what is asked. */
  device(): Promise<Device>;
  close(): Promise<void>;
}

/** Prepares what `--on` or `--bench-command` asks for; undefined for this machine. Error: `bench.two-places` for both. */
export async function openElsewhere(
  context: CommandContext<'bench'> | CommandContext<'prune'> | CommandContext<'devices profile'>,
): Promise<Elsewhere | undefined> {
  const { on, benchCommand } = context.options;
  if (on === undefined && benchCommand === undefined) return undefined;
  if (on !== undefined && benchCommand !== undefined) {
    throw usageError(
      'bench.two-places',
      '--on and --bench-command name two places to measure at.',
      'Give one of them.',
    );
  }
  if ('profile' in context.options && context.options.profile) {
    const hint = 'Leave out --profile, or what says where to measure.';
    throw usageError('bench.profile-elsewhere', 'Operators can be measured on this machine only.', hint);
  }
  const devices = on === undefined ? [] : [on];
  const { devices: open, close } = await openDevices({
    ...context,
    options: { ...context.options, devices },
  });
  return { device: async () => (await open())[0]!, close };
}

/** Models as they are sent, all with the input of the first. */
export function deviceModels(
  analyses: readonly Analysis[],
  names: readonly string[],
): readonly DeviceModel[] {
  return analyses.map(({ file }, i) => toDeviceModel(names[i]!, file.model, analyses[0]!.traced));
}

function usageError(code: string, message: string, hint: string): EspalierError {
  return new EspalierError({ kind: 'usage', code, message, hint });
}
