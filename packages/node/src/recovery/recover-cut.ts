// A cut recovered on a user's pictures: recalibrated or reconstructed.
import {
  type Dataset,
  type Engine,
  flushDenormals,
  type KeepMask,
  keepOf,
  type Model,
  type Plan,
  type Recovery,
  recalibrate,
  reconstruct,
} from '@espalier/core';
import { readModel } from '../models/read-model.ts';
import type { Analysis } from '../pipeline/analyse-file.ts';
import { checkCutOf } from '../pipeline/check-cut-of.ts';
import type { PipelineEvent } from '../pipeline/events.ts';
import { openEvaluation } from '../pipeline/open-evaluation.ts';
import { readCalibration } from './calibration.ts';

/** The ways to recover without labels. */
export const RECOVERY_METHODS = ['recalibrate', 'reconstruct'] as const;

/** Name of a way to recover. */
export type RecoveryMethod = (typeof RECOVERY_METHODS)[number];

/** How a cut is recovered. */
export interface RecoverOptions {
  readonly method: RecoveryMethod;
  readonly engine: Engine;
  readonly dataset: Dataset;
  /** As `openEvaluation` takes it. */
  readonly preprocess?: string | Readonly<Record<string, unknown>>;
  /** Samples, default: as the size of the input suggests. */
  readonly samples?: number;
  /** Seed of the positions looked at. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** A recovered cut. */
export interface RecoveredCut extends Recovery {
  readonly method: RecoveryMethod;
  readonly samples: number;
}

/**
 * Recovers what `keep` left of the analysed original. Errors: `recovery.too-few-samples` (data), `recovery.other-cut` (usage), those of `openEvaluation` and the
 * engine.
 */
export async function* recoverCut(
  { file, traced, coupling }: Analysis,
  keep: KeepMask,
  pruned: Model,
  { method, engine, dataset, preprocess, samples, seed, signal }: RecoverOptions,
): AsyncGenerator<PipelineEvent, RecoveredCut> {
  yield { type: 'step', step: 'recover', fraction: 0 };
  const open = await openEvaluation({
    engine,
    models: [file.model],
    dataset,
    ...(preprocess !== undefined && { preprocess }),
  });
  try {
    const calibration = await readCalibration(open, traced, samples, signal);
    for (const text of calibration.notes) yield { type: 'note', text };
    const task = {
      ...{ original: traced, coupling, keep, pruned, feeds: calibration.feeds, engine },
      ...(signal && { signal }),
    };
    const work =
      method === 'recalibrate'
        ? recalibrate(task)
        : reconstruct(task, { ...(seed !== undefined && { seed }) });
    let step = await work.next();
    for (; !step.done; step = await work.next()) {
      yield { type: 'step', step: 'recover', fraction: step.value.done / step.value.total };
    }
    const model = flushDenormals(step.value.model);
    return { ...step.value, model, method, samples: calibration.samples };
  } finally {
    await open.close();
  }
}

/** Recovers the file at `prunedPath`, which `plan` made of the analysed original. Errors beside those of {@link recoverCut}: those of `readModel`, `checkCutOf` and `keepOf`. */
export async function* recoverFile(
  analysis: Analysis,
  prunedPath: string,
  plan: Plan,
  options: RecoverOptions,
): AsyncGenerator<PipelineEvent, RecoveredCut> {
  const pruned = await readModel(prunedPath);
  const { file, traced, coupling } = analysis;
  checkCutOf({ original: file.model, originalPath: file.path, pruned: pruned.model, prunedPath });
  return yield* recoverCut(analysis, keepOf(traced, coupling, plan), pruned.model, options);
}
