// How a search wins accuracy back after a cut: without training, or with some.
import {
  choosePositions,
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
import { chooseObjective } from '../training/choose-objective.ts';
import { type FinetuneOptions, finetune } from '../training/finetune.ts';
import { traceWhole } from '../training/trace-batch.ts';
import type { TrainingData } from '../training/training-data.ts';
import type { TrainingEvent } from '../training/training-events.ts';

/** What recovery works with. */
export interface SearchRecoveryOptions {
  readonly engine: Engine;
  readonly method: SearchRecovery;
  /** Epochs of training after each cut. */
  readonly epochs: number;
  /** The original: what `distil` learns from, and any training where there are no labels. */
  readonly original: Model;
  readonly data: TrainingData;
  /** What trainings are told beside that. */
  readonly training: Pick<
    FinetuneOptions,
    | 'data'
    | 'evaluation'
    | 'deterministic'
    | 'cachePath'
    | 'formulations'
    | 'rate'
    | 'optimizer'
    | 'clipNorm'
    | 'weightDecay'
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
  return trains(method) ? yield* train(model, epochs, options) : model;
}

/** Whether a method trains after every cut. */
export const trains = (method: SearchRecovery): boolean => method === 'finetune' || method === 'distil';

/** Finds out before the first cut whether the models of the search can be trained. Errors: those of `chooseObjective` and `traceBatch`. */
export async function checkTrainable({
  engine,
  method,
  original,
  data,
}: SearchRecoveryOptions): Promise<void> {
  const outputs = original.graph.outputs.map(({ name }) => name);
  const { traced } = await traceWhole(engine, original, outputs, data.dims);
  const hasTeacher = learnsFromOriginal(method, data);
  await chooseObjective({ ...data, task: data.task.task, traced, hasTeacher }, { labels: !hasTeacher });
}

/** Whoever has no labels learns from the original, whatever the method. */
function learnsFromOriginal(method: SearchRecovery, { target }: TrainingData): boolean {
  return method === 'distil' || target.kind === 'none';
}

/** Trains a model of the search further. */
export async function* train(
  model: Model,
  epochs: number,
  { engine, method, original, data, training, load, signal }: SearchRecoveryOptions,
): AsyncGenerator<TrainingEvent, Model> {
  const result = yield* finetune({
    ...training,
    ...{ engine, model, budget: { epochs } },
    ...(learnsFromOriginal(method, data) && { teacher: original, objective: { labels: false } }),
    // Judged before and after only; where training made nothing better, what came in stays.
    evaluateEvery: Number.MAX_SAFE_INTEGER,
    ...(load && { load }),
    ...(signal && { signal }),
  });
  // What an interrupted training got to is no result: going on with the run repeats it.
  signal?.throwIfAborted();
  return result.model;
}

/** The samples that may be learned from. */
export function learnedSet({ dataset, loader }: TrainingData): Dataset {
  return pickSamples(dataset, Array.from(loader.positions ?? choosePositions(dataset.size)), () => {});
}
