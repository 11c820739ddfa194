// Measuring elsewhere than on this machine: on a device that joins, or with a command of the user's own.
import { EspalierError, type HostPlacement } from '@espalier/core';
import {
  type Analysis,
  createCommandDevice,
  type Device,
  type DeviceModel,
  type JoinedHost,
  toDeviceModel,
} from '@espalier/node';
import { startServing } from '../serving/start-serving.ts';
import type { CommandContext } from './command.ts';

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
  const { on, benchCommand, benchPattern, benchTimeout } = context.options;
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
  if (benchCommand !== undefined) {
    const device = createCommandDevice({
      command: benchCommand,
      timeoutSeconds: benchTimeout,
      ...(benchPattern !== undefined && { pattern: benchPattern }),
    });
    return { device: async () => device, close: () => device.close() };
  }
  const { terminal, signal } = context;
  const server = await startServing(context.options, terminal);
  return {
    device: async () => {
      terminal.progress(`waiting for ${nameWanted(on!)} to join`);
      return server.hub.openDevice(
        await server.hub.waitForHost((host) => isWanted(host, on!), signal),
        placementOf(context),
      );
    },
    close: () => server.close(),
  };
}

/** Provider and threads that were asked for; a device that joins chooses what was not. */
export function placementOf({
  options: { provider, threads },
  sources,
}: {
  readonly options: { readonly provider: string; readonly threads: number | undefined };
  readonly sources: CommandContext<'bench'>['sources'];
}): HostPlacement {
  return { ...(sources.provider !== 'default' && { provider }), ...(threads !== undefined && { threads }) };
}

/** Models as they are sent, all with the input of the first. */
export function deviceModels(
  analyses: readonly Analysis[],
  names: readonly string[],
): readonly DeviceModel[] {
  return analyses.map(({ file }, i) => toDeviceModel(names[i]!, file.model, analyses[0]!.traced));
}

/** Whether a host is the one `--on` means: a kind of device, or a name that holds these words. */
export function isWanted({ facts }: JoinedHost, on: string): boolean {
  const wanted = on.toLowerCase();
  if (wanted === 'browser') return facts.kind === 'browser';
  if (wanted === 'worker') return facts.kind === 'machine';
  return facts.name.toLowerCase().includes(wanted);
}

function nameWanted(on: string): string {
  return ['browser', 'worker'].includes(on.toLowerCase())
    ? `a ${on.toLowerCase()}`
    : `a device with '${on}' in its name`;
}

function usageError(code: string, message: string, hint: string): EspalierError {
  return new EspalierError({ kind: 'usage', code, message, hint });
}
