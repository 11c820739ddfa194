// The best a device does: arithmetic per millisecond in its favourite layers, bytes per millisecond through its memory.
import { arithmeticSpecimens, memorySpecimen, type Roofline } from '@espalier/core';
import type { Device } from '../devices/device.ts';
import { follow } from '../pipeline/events.ts';
import { timeSpecimens } from './time-specimens.ts';

/** Measures both; takes a second or two. Errors: those of the device. */
export async function measureRoofline(device: Device, signal?: AbortSignal): Promise<Roofline> {
  const busy = arithmeticSpecimens();
  const wide = memorySpecimen();
  const times = await follow(timeSpecimens(device, [...busy, wide], signal));
  return {
    macsPerMs: Math.max(...busy.map(({ macs }, at) => macs / times[at]!)),
    bytesPerMs: wide.bytes / times.at(-1)!,
  };
}
