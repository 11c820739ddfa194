// How a search wins accuracy back after a cut: without training, or with some.
import {
  type Dataset,
  type Engine,
  type KeepMask,
  type LoadOptions,
  type Model,
  pickSamples,
  type SearchRecovery,
} from '@espalier/core';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { PipelineEvent } from '../pipeline/events.ts';
import { recoverCut } from '../recovery/recover-cut.ts';
import { type FinetuneOptions, finetune } from '../training/finetune.ts';
import type { TrainingData } from '../training/training-data.ts';
import type { TrainingEvent } from '../training/training-events.ts';

/** What recovery works with. */
export interface SearchRecoveryOptions {
  readonly engine: Engine;
  readonly method: SearchRecovery;
  /** Epochs of training after each cut. */
  readonly epochs: number;
  /** The original: whom `distil` learns from. */
  readonly original: Model;
  readonly data: TrainingData;
  /** What trainings are told beside that. */
  readonly training: Pick<
    FinetuneOptions,
    'data' | 'evaluation' | 'deterministic' | 'cachePath' | 'formulations'
  >;
  readonly load?: LoadOptions;
  readonly signal?: AbortSignal;
}

type RecoveryEvent = PipelineEvent | TrainingEvent;

/** Recovers a fresh cut. */
export async function* recoverStep(
  analysis: Analysis,
  keep: KeepMask,
  cut: Model,
  options: SearchRecoveryOptions,
): AsyncGenerator<RecoveryEvent, Model> {
  const { engine, method, epochs, data, signal } = options;
  if (method === 'none') return cut;
  const without = method === 'recalibrate' ? 'recalibrate' : 'reconstruct';
  const { model } = yield* recoverCut(analysis, keep, cut, {
    ...{ method: without, engine, dataset: learnedSet(data) },
    seed: options.training.data.seed ?? 0,
    ...(options.training.data.preprocess !== undefined && { preprocess: options.training.data.preprocess }),
    ...(signal && { signal }),
  });
  return method === 'finetune' || method === 'distil' ? yield* train(model, epochs, options) : model;
}

/** Trains a model of the search further. */
export async function* train(
  model: Model,
  epochs: number,
  { engine, method, original, training, load, signal }: SearchRecoveryOptions,
): AsyncGenerator<TrainingEvent, Model> {
  const result = yield* finetune({
    ...training,
    ...{ engine, model, budget: { epochs } },
    ...(method === 'distil' && { teacher: original, objective: { labels: false } }),
    // Judged before and after only; where training made nothing better, what came in stays.
    evaluateEvery: Number.MAX_SAFE_INTEGER,
    ...(load && { load }),
    ...(signal && { signal }),
  });
  return result.model;
}

/** The samples that may be learned from. */
export function learnedSet({ dataset, loader }: TrainingData): Dataset {
  const positions = Array.from(loader.positions ?? { length: dataset.size }, (position, i) =>
    loader.positions ? position : i,
  );
  return pickSamples(dataset, positions, () => {});
}
