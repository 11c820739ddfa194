// Measures a cut that is only worth having if it is faster than its original: again and longer, until the measurement can tell.
import type { Engine, Model } from '@espalier/core';
import { type Analysis, createLocalDevice, toDeviceModel } from '@espalier/node';
import { judgePace } from '../describe/judge-speed.ts';
import type { LatencyField } from '../documents/latency-field.ts';
import { given } from '../options/given.ts';
import type { CommandContext } from './command.ts';
import type { Elsewhere } from './elsewhere.ts';
import { measureOn } from './measure.ts';

/** How much longer each measurement is than the first. */
const LENGTHS = [1, 2, 4] as const;
/** The first one. Sessions of one model differ by some percent, by where their memory comes to lie: several stand for each. */
const FIRST = { warmup: 1, minRounds: 12, minSeconds: 0.4 } as const;
const SESSIONS = 3;

/**
 * Measures an original and its cut side by side, at most three times, until the interval of the speed-up lies on one side of 1. With `--force`, where
 * nothing depends on it, once.
 */
export async function measureUntilSure(
  { file, traced }: Analysis,
  pruned: Model,
  engine: Engine,
  { options, terminal, signal }: CommandContext<'prune'>,
  elsewhere?: Elsewhere,
): Promise<LatencyField> {
  const { provider, threads, seed, force } = options;
  const local = given({ engine, provider, threads });
  const device = elsewhere ? await elsewhere.device() : await createLocalDevice(local);
  const models = [toDeviceModel('original', file.model, traced), toDeviceModel('pruned', pruned, traced)];
  return repeatUntilSure(
    (length) => {
      if (length > 1)
        terminal.log(`it cannot be told yet which is faster: measuring ${length} times as long`);
      const { warmup, minRounds, minSeconds } = FIRST;
      const timing = { warmup, minRounds: length * minRounds, minSeconds: length * minSeconds };
      return measureOn(device, models, { ...timing, sessions: SESSIONS, seed, signal }, terminal);
    },
    force ? 1 : LENGTHS.length,
  );
}

/** Calls `measure` with 1, 2 and 4 times the length, at most `most` times, until its last model is surely slower or surely not slower; returns the last answer. */
export async function repeatUntilSure(
  measure: (length: number) => Promise<LatencyField>,
  most: number = LENGTHS.length,
): Promise<LatencyField> {
  const [first, ...longer] = LENGTHS.slice(0, most);
  let latency = await measure(first!);
  for (const length of longer) {
    if (judgePace(latency.models.at(-1)!.speedup) !== 'undecided') break;
    latency = await measure(length);
  }
  return latency;
}
