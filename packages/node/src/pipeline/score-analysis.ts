// Scores of an analysed model, the heavy part on worker threads.
import {
  type CriterionName,
  createRandom,
  type Importance,
  type ImportanceOptions,
  scoreClasses,
  weightsOf,
} from '@espalier/core';
import { createTilePool } from '../workers/tile-pool.ts';
import type { Analysis } from './analyse-file.ts';
import type { PipelineEvent } from './events.ts';

/** How a model is scored; the rest as `ImportanceOptions` says. */
export interface ScoreOptions extends Omit<ImportanceOptions, 'random' | 'runner'> {
  /** A name or a function, default `fscl`. */
  readonly criterion?: CriterionName | Importance;
  /** Seed of random scores, default 0. */
  readonly seed?: number;
  /** Worker threads, default one per core. */
  readonly workers?: number;
}

/** One score per class of the coupling, higher = keep; see `scoreClasses`. */
export async function* scoreAnalysis(
  { traced, coupling }: Analysis,
  { criterion = 'fscl', seed = 0, workers, ...options }: ScoreOptions = {},
): AsyncGenerator<PipelineEvent, Float64Array> {
  yield { type: 'step', step: 'score' };
  const pool = createTilePool(workers);
  try {
    const weights = weightsOf(traced);
    const scoring = scoreClasses(coupling, weights, criterion, {
      ...options,
      random: createRandom(seed),
      runner: pool,
    });
    let step = await scoring.next();
    for (; !step.done; step = await scoring.next()) {
      yield { type: 'step', step: 'score', fraction: step.value.done / step.value.total };
    }
    return step.value;
  } finally {
    await pool.close();
  }
}
