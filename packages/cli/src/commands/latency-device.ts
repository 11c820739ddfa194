// The device that latency is a question of, with what is known of it, and what options ask of it.
import { coarserStairs, type Engine, EspalierError, type LatencyTable } from '@espalier/core';
import {
  createLocalDevice,
  type Device,
  defaultTablePath,
  type LatencyTarget,
  measureStairs,
  readLatencyTable,
  writeLatencyTable,
} from '@espalier/node';
import { given } from '../options/given.ts';
import type { OptionsFor } from '../options/options.ts';
import type { Terminal } from '../output/terminal.ts';
import type { Elsewhere } from './elsewhere.ts';

/** A device with its table. */
export interface KnownDevice {
  readonly device: Device;
  /** Undefined before the first measurement. */
  readonly table: LatencyTable | undefined;
  /** Where the table lies; undefined where this machine has no cache folder. */
  readonly path: string | undefined;
  /** Keeps what was learned for the next time. */
  save(table: LatencyTable): Promise<void>;
}

/** Options that say which device it is. */
type DeviceOptions = Pick<OptionsFor<'prune'>, 'provider' | 'threads' | 'latencyTable'>;

/** Opens the device that options name, this machine unless it is elsewhere. Errors: those of `readLatencyTable` and of the device. */
export async function openKnownDevice(
  { provider, threads, latencyTable }: DeviceOptions,
  engine: Engine,
  elsewhere?: Elsewhere,
): Promise<KnownDevice> {
  const local = given({ engine, provider, threads });
  const device = elsewhere ? await elsewhere.device() : await createLocalDevice(local);
  return knowDevice(device, latencyTable);
}

/** A device with what the file holds of it, by default the one in the user's cache folder. Errors: those of `readLatencyTable`. */
export async function knowDevice(device: Device, latencyTable?: string): Promise<KnownDevice> {
  const path = latencyTable ?? (await defaultTablePath(device.description));
  return {
    device,
    path,
    table: path === undefined ? undefined : await readLatencyTable(path, device.description),
    save: async (table) => {
      if (path !== undefined) await writeLatencyTable(path, device.description, table);
    },
  };
}

/** What widths are to be multiples of: the number that was said, or the step of the device, measured when nobody has yet. */
export async function settleRoundTo(
  options: DeviceOptions & { readonly roundTo: number | 'auto' },
  engine: Engine,
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
  elsewhere?: Elsewhere,
): Promise<number> {
  if (options.roundTo !== 'auto') return options.roundTo;
  const { device, table, save } = await openKnownDevice(options, engine, elsewhere);
  if (table) return coarserStairs(table.stairs).step;
  terminal.progress('measuring how latency depends on widths');
  const stairs = await measureStairs(device, signal);
  await save({ stairs, units: {} });
  return coarserStairs(stairs).step;
}

/** Reads `12ms` or a fraction below 1. Error, kind usage: `latency.bad-target`. */
export function parseLatencyTarget(text: string | number): LatencyTarget {
  const [, digits = '', unit] = /^\s*(\d*\.?\d+)\s*(ms|s)?\s*$/.exec(String(text)) ?? [];
  const value = digits === '' ? Number.NaN : Number(digits);
  if (unit !== undefined && value > 0) return { ms: unit === 's' ? 1000 * value : value };
  if (unit === undefined && value > 0 && value < 1) return { fraction: value };
  throw new EspalierError({
    kind: 'usage',
    code: 'latency.bad-target',
    message: `The latency '${text}' is neither a time nor a fraction.`,
    hint: "Write 12ms, or 0.5 for half of the original's latency.",
  });
}
