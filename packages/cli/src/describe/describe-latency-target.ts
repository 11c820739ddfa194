// What came of a cut to a latency, for the document, and when it is a failure.
import { coarserStairs, EspalierError, median } from '@espalier/core';
import type { LatencyOutcome } from '@espalier/node';
import type { LatencyField } from '../documents/latency-field.ts';
import type { LatencyTargetField } from '../documents/latency-target-field.ts';
import { formatFactor, formatPercent } from '../output/units.ts';
import { judgePace } from './judge-speed.ts';

/** The original and the cut, as they were measured last. */
export function describeLatency({ device, models, warnings }: LatencyOutcome): LatencyField {
  const { provider, threads } = device;
  return structuredClone({
    device,
    provider,
    ...(threads !== undefined && { threads }),
    models,
    warnings,
  }) as unknown as LatencyField;
}

/** The target and the way to it. */
export function describeLatencyTarget(outcome: LatencyOutcome): LatencyTargetField {
  const { fraction, met, device, table, tries, heldOut } = outcome;
  return structuredClone({
    fraction,
    met,
    device,
    stairs: coarserStairs(table.stairs),
    tries,
    modelError: median(heldOut.map(({ ms, predictedMs }) => Math.abs(predictedMs / ms - 1))),
  }) as unknown as LatencyTargetField;
}

/**
 * Kind target: `latency.not-met` for a cut that misses its target, `latency.slower` for one that is surely slower than the original, and where no latency was
 * asked for `latency.not-faster` for one of which the measurement cannot tell.
 */
export function tooSlow(
  outcome: LatencyOutcome | undefined,
  latency: LatencyField | undefined,
): EspalierError | undefined {
  if (outcome && !outcome.met) {
    const reached = Math.min(...outcome.tries.map(({ measured }) => measured.value));
    return new EspalierError({
      kind: 'target',
      code: 'latency.not-met',
      message: `The latency was not reached: the fastest of ${outcome.tries.length} cuts takes ${formatPercent(reached)} of the original's time, the target is ${formatPercent(outcome.fraction)}.`,
      hint: 'Measure when nothing else runs, ask for a little more, or write this cut with --force.',
    });
  }
  const speedup = latency?.models.at(-1)?.speedup;
  const pace = speedup && judgePace(speedup);
  if (pace === 'slower') {
    return new EspalierError({
      kind: 'target',
      code: 'latency.slower',
      message: `The cut is slower than the original: ${formatFactor(speedup!.value)} as fast.`,
      hint: 'Cut more, name a latency with --latency, or write it all the same with --force.',
    });
  }
  if (pace !== 'undecided' || outcome) return undefined;
  return new EspalierError({
    kind: 'target',
    code: 'latency.not-faster',
    message: `The cut is not surely faster than the original: ${speedup!.interval.map(formatFactor).join(' to ')} as fast.`,
    hint: 'Cut more, name a latency with --latency, measure when nothing else runs, or write it all the same with --force.',
  });
}
