// Pruning to a latency: scores, the widths that meet it, and the proven cut.
import { type PlanLimits, prepareLimits } from '@espalier/core';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { PipelineEvent } from '../pipeline/events.ts';
import {
  checkIgnored,
  cutAndProve,
  nameCriterion,
  type PruneOptions,
  type Pruning,
} from '../pipeline/prune-analysis.ts';
import { type ScoreOptions, scoreAnalysis } from '../pipeline/score-analysis.ts';
import {
  chooseForLatency,
  type LatencyAim,
  type LatencyOutcome,
  type LatencyTarget,
} from './choose-for-latency.ts';

/** How to prune to a latency. Rounding follows from the device. */
export interface LatencyPruneOptions
  extends Omit<PlanLimits, 'roundTo'>,
    ScoreOptions,
    LatencyAim,
    Pick<PruneOptions, 'engine' | 'verify'> {
  readonly target: LatencyTarget;
}

/** A cut to a latency. */
export interface LatencyPruning extends Pruning {
  readonly latency: LatencyOutcome;
}

/**
 * Prunes to a latency on a device; see {@link chooseForLatency} for which cut that is. Errors: `plan.unknown-layer` (usage), those of
 * `scoreClasses`, `chooseForLatency` and `cutModel`.
 */
export async function* pruneForLatency(
  analysis: Analysis,
  options: LatencyPruneOptions,
): AsyncGenerator<PipelineEvent, LatencyPruning> {
  checkIgnored(analysis, options.ignore ?? []);
  const scores = yield* scoreAnalysis(analysis, options);
  const limiter = prepareLimits(analysis.traced, analysis.coupling, scores, options);
  const { keep, outcome } = yield* chooseForLatency(analysis, { ...options, scores, limiter });
  const made = {
    criterion: nameCriterion(options.criterion),
    latency: outcome.fraction,
    device: outcome.device.fingerprint,
  };
  return { ...(yield* cutAndProve(analysis, keep, made, options)), latency: outcome };
}
