// The stairs of a device: one layer at every width around two steps, on either side.
import {
  fitStairs,
  type LatencyTable,
  median,
  STAIR_WIDTHS,
  type StairSide,
  stairSpecimen,
  type WidthTime,
} from '@espalier/core';
import type { Device } from '../devices/device.ts';
import { follow } from '../pipeline/events.ts';
import { timeSpecimens } from './time-specimens.ts';

/** Times of one layer over its widths, of either side; the other width stays. */
export type StairCurves = Readonly<Record<StairSide, readonly WidthTime[]>>;

const SIDES = ['inputs', 'outputs'] as const satisfies readonly StairSide[];

/** How the curves are measured. */
export interface StairCurveOptions {
  /** Sweeps over all widths, of which the middle time of each counts: noise seldom comes back to the same width. Default 1. */
  readonly sweeps?: number;
  readonly signal?: AbortSignal;
}

/** Measures both sides; takes seconds. Yields how far it is, 0 to 1. Errors: those of the device. */
export async function* measureStairCurves(
  device: Device,
  { sweeps = 1, signal }: StairCurveOptions = {},
): AsyncGenerator<number, StairCurves> {
  const found: Record<StairSide, (readonly number[])[]> = { inputs: [], outputs: [] };
  const parts = Array.from({ length: sweeps }, () => SIDES).flat();
  for (const [done, side] of parts.entries()) {
    const tasks = STAIR_WIDTHS.map((width) => stairSpecimen(side, width));
    const timing = timeSpecimens(device, tasks, signal);
    let next = await timing.next();
    for (; !next.done; next = await timing.next()) yield (done + next.value / tasks.length) / parts.length;
    found[side].push(next.value);
  }
  const curveOf = (side: StairSide): readonly WidthTime[] =>
    STAIR_WIDTHS.map((width, at) => ({ width, ms: median(found[side].map((times) => times[at]!)) }));
  return { inputs: curveOf('inputs'), outputs: curveOf('outputs') };
}

/** The stairs of both sides. */
export function fitBothStairs({ inputs, outputs }: StairCurves): LatencyTable['stairs'] {
  return { inputs: fitStairs(inputs), outputs: fitStairs(outputs) };
}

/** Measures and fits both sides; takes seconds. Errors: those of the device. */
export async function measureStairs(device: Device, signal?: AbortSignal): Promise<LatencyTable['stairs']> {
  return fitBothStairs(await follow(measureStairCurves(device, { ...(signal && { signal }) })));
}
