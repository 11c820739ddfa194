// The steps of a search whose target is a latency: how long its models take on the device, and the next cut, chosen by its latency model and measured.
import {
  EspalierError,
  type LatencyReading,
  prepareLimits,
  type Sensitivity,
  type WidthWorth,
  worthByCurves,
  worthByScores,
} from '@espalier/core';
import { toDeviceModel } from '../devices/device.ts';
import { chooseForLatency, type LatencyAim, timeSurely } from '../latency/choose-for-latency.ts';
import type { SearchEvent } from './search-events.ts';
import { SEARCH_DEFAULTS, type SearchWork } from './search-options.ts';
import { isSingle } from './strategies.ts';
import type { Candidate, CutAt, Standing } from './try-cuts.ts';

/** Share of the present latency that one of several cuts removes. */
const LATENCY_STEP = 0.15;

/** How long the original takes on the device. Errors: those of the device. */
export async function timeOriginal(
  { options, original }: Pick<SearchWork, 'options' | 'original'>,
  { device }: LatencyAim,
): Promise<LatencyReading> {
  const { signal, training } = options;
  const model = toDeviceModel('original', original.file.model, original.traced);
  const { models } = await timeSurely(device, [model], training.data.seed ?? 0, signal);
  return {
    fraction: { value: 1, interval: [1, 1] },
    ms: models[0]!.medianMs.value,
    device: device.description.fingerprint,
  };
}

/** The aim at any time, with the table as it is by then. */
export function rememberTable(aim: LatencyAim): () => LatencyAim {
  let { table } = aim;
  const onLearned: NonNullable<LatencyAim['onLearned']> = async (learned) => {
    table = learned;
    await aim.onLearned?.(learned);
  };
  return () => ({ ...aim, onLearned, ...(table && { table }) });
}

/**
 * The next cut towards the latency: widths that keep most of what the curves say is worth keeping, or of the scores where there are none; undefined
 * when there is none. Errors: those of `chooseForLatency`, of which `latency.unreachable` only for the first cut.
 */
export async function* proposeForLatency(
  { options, original, target, latency }: SearchWork,
  { analysis, scores, limits, state }: Standing,
  sensitivity: Sensitivity | undefined,
): AsyncGenerator<SearchEvent, CutAt | undefined> {
  const { strategy = SEARCH_DEFAULTS.strategy, engine, training, signal } = options;
  const { roundTo: _, ...bounds } = limits;
  const [first, last] = [state.steps[0]!, state.steps.at(-1)!];
  const standing = last.latency!.fraction.value;
  const wanted = isSingle(strategy) ? target.kept : Math.max(target.kept, standing * (1 - LATENCY_STEP));
  const limiter = prepareLimits(analysis.traced, analysis.coupling, scores, bounds);
  const byScores = worthByScores(analysis, scores, limiter);
  const worth: WidthWorth = sensitivity ? worthByCurves(sensitivity, byScores) : byScores;
  const known = new Map<number, Candidate | undefined>();
  const at: CutAt = async function* (strength) {
    if (known.has(strength)) return known.get(strength);
    const { keep, outcome } = yield* chooseForLatency(analysis, {
      ...latency!(),
      ...bounds,
      ...{ engine, scores, limiter, worth },
      target: { fraction: standing - strength * (standing - wanted) },
      reference: { model: original.file.model, fraction: standing },
      seed: training.data.seed ?? 0,
      ...(signal && { signal }),
    });
    const { measured: fraction, device } = outcome;
    const isFaster = fraction.value < standing;
    const reading = { fraction, ms: fraction.value * first.latency!.ms, device: device.fingerprint };
    known.set(strength, isFaster ? { keep, latency: reading } : undefined);
    return known.get(strength);
  };
  try {
    return (yield* at(1)) && at;
  } catch (error) {
    // Later on there are results, which an error would lose.
    if (last.step === 0 || !(error instanceof EspalierError) || error.kind !== 'target') throw error;
    return undefined;
  }
}
