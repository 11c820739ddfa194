// A cut proven from its three files: the original, the pruned model and the plan.
import { type Engine, keepOf, type NdArray, type Plan, type Verification, verifyCut } from '@espalier/core';
import { readModel } from '../models/read-model.ts';
import type { Analysis } from './analyse-file.ts';
import { checkCutOf } from './check-cut-of.ts';
import type { PipelineEvent } from './events.ts';

/** How a cut is verified. */
export interface VerifyFileOptions {
  readonly engine: Engine;
  /** How messages name the original; default: its absolute path. */
  readonly originalPath?: string;
  /** Inputs beside the random ones: see {@link collectProofFeeds}. */
  readonly feeds?: readonly Readonly<Record<string, NdArray>>[];
  /** Seed of the random inputs. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Verifies that the file at `prunedPath` is what `plan` makes of the analysed original. Errors: those of `readModel`, `checkCutOf` and `keepOf`. */
export async function* verifyFile(
  { traced, coupling, file }: Analysis,
  prunedPath: string,
  plan: Plan,
  { engine, originalPath = file.path, ...options }: VerifyFileOptions,
): AsyncGenerator<PipelineEvent, Verification> {
  yield { type: 'step', step: 'verify' };
  const pruned = await readModel(prunedPath);
  checkCutOf({ original: file.model, originalPath, pruned: pruned.model, prunedPath });
  const keep = keepOf(traced, coupling, plan);
  return verifyCut(traced, coupling, keep, plan.cuts, pruned.model, engine, options);
}
