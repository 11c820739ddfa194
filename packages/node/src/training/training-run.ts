// A training opened: data, graph, teacher and memory at hand, and what can be asked of it between two steps.
import {
  averageDecayAt,
  type Model,
  type NdArray,
  oneHotClasses,
  type Schedule,
  tracedShape,
} from '@espalier/core';
import type { CorruptImage } from '../data/training-batch.ts';
import {
  openTrainingLoader,
  type TrainingBatch,
  type TrainingLoader,
  type TrainingLoaderOptions,
} from '../data/training-loader.ts';
import type { Checkpoint, TrainingStore } from './checkpoint.ts';
import { type PreparedTraining, prepareTraining, type TrainingPlan } from './prepare-training.ts';
import { openTeacher, type Teacher } from './teacher.ts';
import type { Judge } from './training-events.ts';
import type { StepResult, TrainingVectors } from './training-session.ts';
import { fromCheckpoint, initialState, type TrainingState } from './training-state.ts';

/** When a training ends: after so many epochs or steps, or when its time is up, whichever comes first. Default: one epoch. */
export interface TrainingBudget {
  readonly epochs?: number;
  /** Takes the place of epochs. */
  readonly steps?: number;
  readonly seconds?: number;
}

/** How a model is trained. */
export interface TrainOptions extends Omit<TrainingPlan, 'dims' | 'samples'> {
  /** Whose answers are matched; needed when the objective reads a teacher. */
  readonly teacher?: Model;
  readonly data: Omit<TrainingLoaderOptions, 'onCorrupt'>;
  readonly budget: TrainingBudget;
  readonly schedule: Schedule;
  /** Most of the weights' average that stays at a step, default 0.99. */
  readonly averageDecay?: number;
  /** Judges models; without it the last averaged weights are the result. */
  readonly evaluate?: Judge;
  /** Steps between evaluations, default one epoch; the first is before the first step, the last after the last. */
  readonly evaluateEvery?: number;
  /** Evaluations without progress after which the training ends; default: never. */
  readonly patience?: number;
  /** Steps between checkpoints, default 50. */
  readonly saveEvery?: number;
  readonly store?: TrainingStore;
  /** Where to go on. */
  readonly resume?: Checkpoint;
  /** Ends the training after the step it is in; what was reached is the result. */
  readonly signal?: AbortSignal;
}

/** Batches on which the statistics of restored normalizations are measured. */
const STATISTICS_BATCHES = 8;

/** A training under way. Close it. */
export interface TrainingRun {
  readonly options: TrainOptions;
  readonly loader: TrainingLoader;
  readonly prepared: PreparedTraining;
  readonly teacher: Teacher | undefined;
  readonly state: TrainingState;
  /** Steps in all; infinite when time ends the training. */
  readonly steps: number;
  /** Corrupt pictures that were met and not yet told. */
  readonly corrupt: CorruptImage[];
  /** Steps taken and seconds spent in them since it was opened. */
  taken: number;
  busySeconds: number;
  close(): Promise<void>;
}

/** Opens a training at a batch size, where a checkpoint left it or at its beginning. Errors: see `trainModel`. */
export async function openRun(
  options: TrainOptions,
  batch: number,
  checkpoint: Checkpoint | undefined,
): Promise<TrainingRun> {
  const corrupt: CorruptImage[] = [];
  const loader = await openTrainingLoader({
    ...options.data,
    batch,
    onCorrupt: (image) => corrupt.push(image),
  });
  let prepared: PreparedTraining | undefined;
  let teacher: Teacher | undefined;
  const close = async (): Promise<void> => {
    await prepared?.session.close();
    await teacher?.close();
    await loader.close();
  };
  try {
    const { dims } = loader;
    const samples: NdArray[] = [];
    for (let step = 0; step < Math.min(STATISTICS_BATCHES, loader.stepsPerEpoch); step++) {
      samples.push((await loader.next(step)).input);
    }
    prepared = await prepareTraining({ ...options, dims, samples });
    if (options.objective.teacher.size > 0) {
      const { engine, model, objective, load } = options;
      const student = { model, traced: prepared.traced, samples };
      teacher = await openTeacher(engine, options.teacher, student, objective, load);
    }
    const state = checkpoint ? fromCheckpoint(checkpoint) : initialState(prepared.initial);
    const steps = countSteps(options.budget, loader.stepsPerEpoch);
    return { options, loader, prepared, teacher, state, steps, corrupt, taken: 0, busySeconds: 0, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The model of a step's vectors; what no step has changed is the model as it came, to the bit. */
export function exportAt({ options, prepared }: TrainingRun, step: number, vectors: TrainingVectors): Model {
  const untouched = step === 0 && options.freshSeed === undefined;
  return untouched ? options.model : prepared.exportModel(vectors);
}

/** Runs the next step. Nothing is changed: its result may still be refused. */
export async function takeStep(run: TrainingRun, rate: number): Promise<StepResult> {
  const { options, loader, prepared, state } = run;
  const start = performance.now();
  const batch = await loader.next(state.step);
  const result = await prepared.session.run(await feedsOf(run, batch), state.vectors, {
    rate,
    averageDecay: averageDecayAt(state.step + 1, options.averageDecay),
    step: state.step + 1,
  });
  loader.recycle(batch);
  run.taken += 1;
  run.busySeconds += (performance.now() - start) / 1000;
  return result;
}

async function feedsOf(
  { options, prepared, teacher }: TrainingRun,
  batch: TrainingBatch,
): Promise<Readonly<Record<string, NdArray>>> {
  const { traced } = prepared;
  const { targets, reads } = options.objective;
  return {
    [traced.inputNames[0]!]: batch.input,
    ...(targets !== undefined && { [targets]: oneHotClasses(batch, tracedShape(traced, reads[0]!)[1]!) }),
    ...(teacher && (await teacher.answer(batch.input))),
  };
}

function countSteps({ epochs, steps, seconds }: TrainingBudget, stepsPerEpoch: number): number {
  if (steps !== undefined) return steps;
  if (epochs !== undefined) return Math.ceil(epochs * stepsPerEpoch);
  return seconds === undefined ? stepsPerEpoch : Number.POSITIVE_INFINITY;
}

/** How much of the training is done, 0 to 1. */
export function progressOf({ options, state, steps }: TrainingRun): number {
  const { seconds = Number.POSITIVE_INFINITY } = options.budget;
  return Math.min(1, Math.max(state.step / steps, state.seconds / seconds));
}
