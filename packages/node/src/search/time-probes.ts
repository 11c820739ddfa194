// How long probed cuts take: the really cut models of one group, measured side by side with the uncut one, briefly.
import {
  createRandom,
  cutModel,
  type Engine,
  type LoadOptions,
  type Probe,
  type SensitivityPoint,
} from '@espalier/core';
import { type LatencyReport, measureLatency } from '../bench/latency.ts';
import type { Analysis } from '../pipeline/analyse-file.ts';
import { makeFeeds } from '../pipeline/model-feeds.ts';

/** Milliseconds of one run at the traced size. */
export interface ProbeTimes {
  readonly uncut: number;
  /** One per probe. */
  readonly cut: readonly Required<Pick<SensitivityPoint, 'milliseconds' | 'millisecondsAtMost'>>[];
}

/** What is timed with. */
export interface TimeOptions {
  readonly engine: Engine;
  readonly load?: LoadOptions;
  readonly signal?: AbortSignal;
}

/** Short, because there are many probes: rounds of slices of 20 ms in turn, at least so many rounds and so many seconds of each model. */
const BRIEFLY = { warmup: 1, minRounds: 4, minSeconds: 0.15 } as const;

/** Times the cuts of some probes. Errors: those of `cutModel`, `measureLatency` and the engine; the signal's reason when it is aborted. */
export async function timeProbes(
  { traced, coupling, file }: Analysis,
  probes: readonly Probe[],
  { engine, load = {}, signal }: TimeOptions,
): Promise<ProbeTimes> {
  const subjects = [{ name: 'uncut', model: file.model }];
  for (const { keep, rate } of probes) {
    subjects.push({ name: String(rate), model: await cutModel(traced, coupling, keep, engine) });
  }
  let report: LatencyReport | undefined;
  try {
    const measured = measureLatency(engine, subjects, makeFeeds(traced, 0), {
      ...BRIEFLY,
      ...load,
      random: createRandom(0),
      ...(signal && { signal }),
    });
    for await (const event of measured) if (event.type === 'measured') report = event.report;
  } catch (error) {
    // To the search an abort is no failure.
    signal?.throwIfAborted();
    throw error;
  }
  const [first, ...others] = report!.models;
  const uncut = first!.medianMs.value;
  return {
    uncut,
    cut: others.map(({ medianMs, speedup }) => ({
      milliseconds: medianMs.value,
      // Side by side, whatever disturbs one disturbs the other: their ratio is known better than either.
      millisecondsAtMost: Math.max(medianMs.value, uncut / speedup.interval[0]),
    })),
  };
}
