// Scores of an analysed model, the heavy part on worker threads.
import {
  type CriterionName,
  createRandom,
  DEFAULT_CRITERION,
  findCriterion,
  type Importance,
  type ImportanceOptions,
  scoreClasses,
  weightsOf,
} from '@espalier/core';
import { createTilePool } from '../workers/tile-pool.ts';
import type { Analysis } from './analyse-file.ts';
import type { CriterionImages } from './criterion-images.ts';
import type { PipelineEvent } from './events.ts';
import { measureActivations } from './measure-activations.ts';
import { measureGradients } from './measure-gradients.ts';

/** How a model is scored; the rest as `ImportanceOptions` says. */
export interface ScoreOptions extends Omit<ImportanceOptions, 'random' | 'runner'> {
  /** A name or a function, default `fscl`. */
  readonly criterion?: CriterionName | Importance;
  /** Images for the criteria that look at data, where `activations` or `gradients` are not given as such. */
  readonly calibration?: CriterionImages;
  /** Seed of random scores and of what is drawn while gradients are measured, default 0. */
  readonly seed?: number;
  /** Worker threads, default one per core. */
  readonly workers?: number;
}

/** One score per class of the coupling, higher = keep; see `scoreClasses`. */
export async function* scoreAnalysis(
  analysis: Analysis,
  { criterion = DEFAULT_CRITERION, seed = 0, workers, calibration, ...options }: ScoreOptions = {},
): AsyncGenerator<PipelineEvent, Float64Array> {
  const { traced, coupling } = analysis;
  const measured = calibration && (yield* measureNeeds(analysis, criterion, calibration, seed, options));
  yield { type: 'step', step: 'score' };
  const pool = createTilePool(workers);
  try {
    const weights = weightsOf(traced);
    const scoring = scoreClasses(coupling, weights, criterion, {
      ...options,
      ...measured,
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

/** What the criterion needs to know of the data and was not told. */
async function* measureNeeds(
  analysis: Analysis,
  criterion: CriterionName | Importance,
  calibration: CriterionImages,
  seed: number,
  { activations, gradients, signal }: ImportanceOptions,
): AsyncGenerator<PipelineEvent, Pick<ImportanceOptions, 'activations' | 'gradients'>> {
  const needs = typeof criterion === 'string' ? findCriterion(criterion).needs : undefined;
  if (needs === undefined || { ...activations, ...gradients }[needs]) return {};
  yield { type: 'step', step: 'calibrate' };
  return needs === 'products'
    ? { gradients: yield* measureGradients(analysis, calibration, { seed, ...(signal && { signal }) }) }
    : { activations: yield* measureActivations(analysis, needs, calibration, signal) };
}
