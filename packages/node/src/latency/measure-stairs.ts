// The stairs of a device: one layer at every width around two steps, on either side.
import {
  fitStairs,
  type LatencyTable,
  STAIR_WIDTHS,
  type StairSide,
  type Stairs,
  stairSpecimen,
} from '@espalier/core';
import type { Device } from '../devices/device.ts';
import { follow } from '../pipeline/events.ts';
import { timeSpecimens } from './time-specimens.ts';

/** Measures both sides; takes seconds. Errors: those of the device. */
export async function measureStairs(device: Device, signal?: AbortSignal): Promise<LatencyTable['stairs']> {
  const climb = async (side: StairSide): Promise<Stairs> => {
    const tasks = STAIR_WIDTHS.map((width) => stairSpecimen(side, width));
    const times = await follow(timeSpecimens(device, tasks, signal));
    return fitStairs(STAIR_WIDTHS.map((width, at) => ({ width, ms: times[at]! })));
  };
  return { inputs: await climb('inputs'), outputs: await climb('outputs') };
}
