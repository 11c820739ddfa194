// Several places to measure at, by name: this machine, devices that join, a command of the user's own. One server serves them all.
import { EspalierError, groupBy, type HostPlacement } from '@espalier/core';
import {
  createCommandDevice,
  createLocalDevice,
  type Device,
  type DeviceServer,
  type JoinedHost,
} from '@espalier/node';
import { given } from '../options/given.ts';
import type { Terminal } from '../output/terminal.ts';
import { type ServingOptions, startServing } from '../serving/start-serving.ts';
import type { CommandContext } from './command.ts';

/** What says where to measure, and how. */
export interface DevicesContext {
  readonly options: ServingOptions & {
    /** `local`, `browser`, `worker` or a part of a name, also several with commas between; none: this machine, or the command alone. */
    readonly devices: readonly string[];
    readonly benchCommand: string | undefined;
    readonly benchPattern: string | undefined;
    readonly benchTimeout: number;
    readonly provider: string;
    readonly threads: number | undefined;
  };
  readonly sources: CommandContext<'bench'>['sources'];
  readonly terminal: Pick<Terminal, 'log' | 'progress' | 'warn'>;
  readonly signal: AbortSignal;
}

/** Places that are being prepared. Close them. */
export interface OpenDevices {
  /**
   * The devices in the order of their names, the command last, once all are there; warns of two that are one kind of device. Throws `interrupted`, and what a device
   * throws that cannot do what is asked.
   */
  devices(): Promise<readonly Device[]>;
  close(): Promise<void>;
}

/** What `--devices` calls this machine. */
const LOCAL = 'local';

/** Kinds of devices that join, and what they are in the words of the protocol. */
const KINDS: ReadonlyMap<string, JoinedHost['facts']['kind']> = new Map([
  ['browser', 'browser'],
  ['worker', 'machine'],
]);

/**
 * Prepares every device that is named; a server is started where one of them has to join. Errors, kind usage: `device.twice` for a name that is there twice, and
 * those of {@link createCommandDevice} and {@link startServing}.
 */
export async function openDevices(context: DevicesContext): Promise<OpenDevices> {
  const { options, terminal } = context;
  const names = namesOf(options.devices);
  const isLocal = names.length === 0 ? options.benchCommand === undefined : names.includes(LOCAL);
  const joining = names.filter((name) => name !== LOCAL);
  const command = commandDevice(options);
  const server = joining.length > 0 ? await startServing(options, terminal) : undefined;
  return {
    async devices() {
      const { provider, threads } = options;
      const local = isLocal ? await createLocalDevice(given({ provider, threads })) : undefined;
      const joined = server ? await waitForAll(joining, server, context) : new Map<string, Device>();
      const named = (names.length === 0 ? [LOCAL] : names).map((name) =>
        name === LOCAL ? local : joined.get(name),
      );
      const devices = [...named, command].filter((device) => device !== undefined);
      for (const text of findEqual(devices)) terminal.warn(text);
      return devices;
    },
    async close() {
      await command?.close();
      await server?.close();
    },
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
  return given({ provider: sources.provider === 'default' ? undefined : provider, threads });
}

/** Whether a host is one that a name means: a kind of device, or a name that holds these words. */
export function isWanted({ facts }: JoinedHost, name: string): boolean {
  const wanted = name.toLowerCase();
  const kind = KINDS.get(wanted);
  return kind === undefined ? facts.name.toLowerCase().includes(wanted) : facts.kind === kind;
}

/** The devices that `--devices` names. Error, kind usage: `device.twice`. */
export function namesOf(texts: readonly string[]): readonly string[] {
  const names = texts
    .flatMap((text) => text.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => (name.toLowerCase() === LOCAL ? LOCAL : name));
  const twice = [...groupBy(names, (name) => name.toLowerCase())].find(([, { length }]) => length > 1);
  if (twice === undefined) return names;
  throw new EspalierError({
    kind: 'usage',
    code: 'device.twice',
    message: `The device '${twice[0]}' is named twice.`,
    hint: 'Name every device once; two browsers or workers are told apart by a part of their names.',
  });
}

function commandDevice({
  benchCommand,
  benchPattern,
  benchTimeout,
}: DevicesContext['options']): Device | undefined {
  if (benchCommand === undefined) return undefined;
  return createCommandDevice({
    command: benchCommand,
    timeoutSeconds: benchTimeout,
    ...(benchPattern !== undefined && { pattern: benchPattern }),
  });
}

/** A host for every name. Names choose before kinds, which would take a host that only a name can mean; no host is taken twice. */
async function waitForAll(
  names: readonly string[],
  { hub }: DeviceServer,
  context: DevicesContext,
): Promise<ReadonlyMap<string, Device>> {
  const { terminal, signal } = context;
  const taken = new Set<string>();
  const devices = new Map<string, Device>();
  const isKind = (name: string): boolean => KINDS.has(name.toLowerCase());
  for (const name of names.toSorted((a, b) => Number(isKind(a)) - Number(isKind(b)))) {
    terminal.progress(
      `waiting for ${isKind(name) ? `a ${name.toLowerCase()}` : `a device with '${name}' in its name`} to join`,
    );
    const host = await hub.waitForHost((each) => !taken.has(each.id) && isWanted(each, name), signal);
    taken.add(host.id);
    devices.set(name, hub.openDevice(host, placementOf(context)));
  }
  return devices;
}

/** A sentence for every device that differs in nothing but its name from one before it. */
function findEqual(devices: readonly Device[]): readonly string[] {
  return [...groupBy(devices, ({ description }) => description.fingerprint).values()].flatMap(
    ([first, ...others]) =>
      others.map(
        ({ description }) =>
          `${description.name} and ${first!.description.name} differ in nothing that times depend on: each counts all the same.`,
      ),
  );
}
