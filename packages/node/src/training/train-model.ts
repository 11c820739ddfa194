// The training loop: batches in, steps in the engine, evaluations, checkpoints, and what to do when the loss explodes.
import {
  averageDecayAt,
  type ConvolutionChoices,
  countParameters,
  type Engine,
  EspalierError,
  type LoadOptions,
  type Model,
  type NdArray,
  type Objective,
  type OptimizerOptions,
  oneHotClasses,
  rateAt,
  type Schedule,
  type TracedModel,
} from '@espalier/core';
import type { CorruptImage } from '../data/training-batch.ts';
import {
  openTrainingLoader,
  type TrainingBatch,
  type TrainingLoader,
  type TrainingLoaderOptions,
} from '../data/training-loader.ts';
import type { Checkpoint, CheckpointStore } from './checkpoint.ts';
import { type PreparedTraining, prepareTraining } from './prepare-training.ts';
import { openTeacher, type Teacher } from './teacher.ts';
import type { Evaluation, StopReason, TrainingEvent } from './training-events.ts';
import type { StepResult, TrainingVectors } from './training-session.ts';

/** When a training ends: after so many epochs or steps, or when its time is up, whichever is given. */
export interface TrainingBudget {
  readonly epochs?: number;
  readonly steps?: number;
  readonly seconds?: number;
}

/** How a model is trained. */
export interface TrainOptions {
  readonly engine: Engine;
  readonly model: Model;
  /** Whose answers are matched; needed when the objective reads a teacher. */
  readonly teacher?: Model;
  readonly objective: Objective;
  readonly data: Omit<TrainingLoaderOptions, 'onCorrupt'>;
  readonly budget: TrainingBudget;
  readonly schedule: Schedule;
  readonly optimizer: OptimizerOptions;
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  readonly freeze?: readonly string[];
  readonly restoreNorms?: boolean;
  /** Most of the weights' average that stays at a step, default 0.99. */
  readonly averageDecay?: number;
  readonly choose: (traced: TracedModel, targets: readonly string[]) => Promise<ConvolutionChoices>;
  readonly load: LoadOptions;
  /** Judges a model; without it the last averaged weights are the result. */
  readonly evaluate?: (model: Model) => Promise<Evaluation>;
  /** Steps between evaluations, default one epoch. */
  readonly evaluateEvery?: number;
  /** Evaluations without progress after which the training ends; default: never. */
  readonly patience?: number;
  /** Steps between checkpoints, default 50. */
  readonly saveEvery?: number;
  readonly store?: CheckpointStore;
  /** Where to go on. */
  readonly resume?: Checkpoint;
  /** Ends the training after the step it is in; what was reached is the result. */
  readonly signal?: AbortSignal;
}

/** A finished training. */
export interface TrainResult {
  /** The best model by evaluation, or the last one. */
  readonly model: Model;
  /** Steps done, and the one the model is from. */
  readonly steps: number;
  readonly bestStep: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly reason: StopReason;
  /** Of the model. */
  readonly evaluation?: Evaluation;
}

/** Learning rates are halved at most so often before a training counts as hopeless. */
const MOST_ROLLBACKS = 5;

/** Batches on which the statistics of restored normalizations are measured. */
const STATISTICS_BATCHES = 8;

/**
 * Trains a model and returns the best one. Nothing is written but checkpoints. Errors: those of the loader, of `prepareTraining` and of the
 * teacher; kind `data`: `train.diverged` when the loss explodes again and again; kind `engine` when even a batch of one does not fit in
 * memory.
 */
export async function* trainModel(options: TrainOptions): AsyncGenerator<TrainingEvent, TrainResult> {
  let { batch } = options.data;
  let checkpoint = options.resume;
  if (checkpoint) batch = checkpoint.batch;
  for (;;) {
    const corrupt: CorruptImage[] = [];
    const loader = await openTrainingLoader({
      ...options.data,
      batch,
      onCorrupt: (image) => corrupt.push(image),
    });
    let run: TrainingRun | undefined;
    try {
      run = await openRun(options, loader, checkpoint);
      return yield* runSteps(options, loader, run, corrupt);
    } catch (error) {
      if (!isOutOfMemory(error) || batch === 1) throw error;
      checkpoint = run && checkpointOf(run, loader.dims[0]!);
      batch = Math.ceil(batch / 2);
      if (checkpoint) checkpoint = { ...checkpoint, batch, step: checkpoint.step * 2 };
      yield { type: 'training.batch-halved', batch, reason: (error as Error).message };
    } finally {
      await run?.prepared.session.close();
      await run?.teacher?.close();
      await loader.close();
    }
  }
}

/** A training under way. */
interface TrainingRun {
  readonly prepared: PreparedTraining;
  readonly teacher: Teacher | undefined;
  readonly steps: number;
  readonly startedAt: number;
  step: number;
  seconds: number;
  vectors: TrainingVectors;
  rateFactor: number;
  rollbacks: number;
  smoothedLoss: number | undefined;
  withoutProgress: number;
  best: { readonly step: number; readonly value: number; readonly vectors: TrainingVectors } | undefined;
}

async function openRun(
  options: TrainOptions,
  loader: TrainingLoader,
  resume: Checkpoint | undefined,
): Promise<TrainingRun> {
  const { engine, objective, load, budget } = options;
  const samples: NdArray[] = [];
  const wanted = Math.min(STATISTICS_BATCHES, loader.stepsPerEpoch);
  for (let step = 0; step < wanted; step++) {
    const { input } = await loader.next(step);
    samples.push(input);
  }
  const prepared = await prepareTraining({ ...options, dims: loader.dims, samples });
  try {
    const teacher =
      objective.teacher.size > 0
        ? await openTeacher(engine, options.teacher, prepared.traced, objective, loader.dims, load)
        : undefined;
    const limit = budget.steps ?? (budget.epochs ?? Number.POSITIVE_INFINITY) * loader.stepsPerEpoch;
    const vectors = resume ? split(resume.vectors, false) : prepared.initial;
    const best = resume?.best;
    return {
      prepared,
      teacher,
      steps:
        budget.seconds === undefined && limit === Number.POSITIVE_INFINITY
          ? loader.stepsPerEpoch
          : Math.ceil(limit),
      startedAt: performance.now(),
      step: resume?.step ?? 0,
      seconds: resume?.seconds ?? 0,
      vectors,
      rateFactor: resume?.rateFactor ?? 1,
      rollbacks: resume?.rollbacks ?? 0,
      smoothedLoss: resume?.smoothedLoss ?? undefined,
      withoutProgress: resume?.evaluationsWithoutProgress ?? 0,
      best: best ? { ...best, vectors: split(resume!.vectors, true) } : undefined,
    };
  } catch (error) {
    await prepared.session.close();
    throw error;
  }
}

async function* runSteps(
  options: TrainOptions,
  loader: TrainingLoader,
  run: TrainingRun,
  corrupt: CorruptImage[],
): AsyncGenerator<TrainingEvent, TrainResult> {
  const { budget, schedule, averageDecay, store, signal, saveEvery = 50 } = options;
  const { evaluateEvery = loader.stepsPerEpoch, patience = Number.POSITIVE_INFINITY } = options;
  const { prepared, steps } = run;
  const batch = loader.dims[0]!;
  const secondsBefore = run.seconds;
  const from = run.step;
  yield {
    type: 'training.started',
    ...(Number.isFinite(steps) && { steps }),
    stepsPerEpoch: loader.stepsPerEpoch,
    from,
    batch,
    parameters: countParameters(prepared.program.parameters),
    restoredNorms: prepared.norms.length,
  };
  let good = checkpointOf(run, batch);
  let reason: StopReason = 'steps';
  let evaluatedAt = run.best?.step ?? -1;
  let evaluation: Evaluation | undefined;
  while (run.step < steps) {
    if (signal?.aborted) {
      reason = 'interrupted';
      break;
    }
    const progress = Math.max(run.step / steps, run.seconds / (budget.seconds ?? Number.POSITIVE_INFINITY));
    if (progress >= 1) {
      reason = 'time';
      break;
    }
    const rate = rateAt(schedule, progress, run.step) * run.rateFactor;
    const result = await takeStep(options, loader, run, rate, averageDecayAt(run.step + 1, averageDecay));
    for (const image of corrupt.splice(0)) yield { type: 'training.corrupt', image };
    const trouble = findTrouble(result, run.smoothedLoss);
    if (trouble !== undefined) {
      yield rollBack(run, good, trouble);
      continue;
    }
    run.vectors = result.vectors;
    run.step += 1;
    run.seconds = secondsBefore + (performance.now() - run.startedAt) / 1000;
    run.smoothedLoss =
      run.smoothedLoss === undefined ? result.loss : 0.95 * run.smoothedLoss + 0.05 * result.loss;
    const speed = (run.step - from) / Math.max(1e-9, run.seconds - secondsBefore);
    const done = Math.max(run.step / steps, run.seconds / (budget.seconds ?? Number.POSITIVE_INFINITY));
    yield {
      type: 'training.step',
      step: run.step,
      epoch: run.step / loader.stepsPerEpoch,
      loss: result.loss,
      gradientNorm: result.gradientNorm,
      rate,
      progress: done,
      samplesPerSecond: Math.max(0, speed) * batch,
      secondsLeft: secondsLeft(run, steps, speed, budget.seconds),
    };
    if (options.evaluate && run.step % evaluateEvery === 0 && run.step < steps) {
      const judged = await judge(options, run);
      evaluatedAt = run.step;
      if (judged.best) evaluation = judged.evaluation;
      yield { type: 'training.evaluated', step: run.step, best: judged.best, ...judged.evaluation };
      if (run.withoutProgress >= patience) {
        reason = 'no-progress';
        break;
      }
    }
    if (run.step % saveEvery === 0) {
      good = checkpointOf(run, batch);
      if (store) {
        await store.save(good);
        yield { type: 'training.saved', step: run.step };
      }
    }
  }
  if (options.evaluate && evaluatedAt !== run.step) {
    const judged = await judge(options, run);
    if (judged.best) evaluation = judged.evaluation;
    yield { type: 'training.evaluated', step: run.step, best: judged.best, ...judged.evaluation };
  }
  if (store) {
    await store.save(checkpointOf(run, batch));
    yield { type: 'training.saved', step: run.step };
  }
  yield { type: 'training.stopped', step: run.step, reason };
  return {
    model: prepared.exportModel(run.best?.vectors ?? run.vectors),
    steps: run.step,
    bestStep: run.best?.step ?? run.step,
    seconds: run.seconds,
    samplesPerSecond: ((run.step - from) * batch) / Math.max(1e-9, run.seconds - secondsBefore),
    reason,
    ...(evaluation && { evaluation }),
  };
}

async function takeStep(
  { objective }: TrainOptions,
  loader: TrainingLoader,
  run: TrainingRun,
  rate: number,
  averageDecay: number,
): Promise<StepResult> {
  const batch = await loader.next(run.step);
  const feeds = await feedsOf(objective, run, batch);
  const result = await run.prepared.session.run(feeds, run.vectors, {
    rate,
    averageDecay,
    step: run.step + 1,
  });
  loader.recycle(batch);
  return result;
}

async function feedsOf(
  { targets, reads }: Objective,
  { prepared, teacher }: TrainingRun,
  batch: TrainingBatch,
): Promise<Readonly<Record<string, NdArray>>> {
  const { traced } = prepared;
  return {
    [traced.inputNames[0]!]: batch.input,
    ...(targets !== undefined && { [targets]: oneHotClasses(batch, traced.shapeOf(reads[0]!)![1]!) }),
    ...(teacher && (await teacher.answer(batch.input))),
  };
}

/** A reason to distrust a step; undefined when it is sound. */
function findTrouble({ loss, gradientNorm }: StepResult, smoothed: number | undefined): string | undefined {
  if (!Number.isFinite(loss)) return `the loss is ${loss}`;
  if (!Number.isFinite(gradientNorm)) return `the norm of the gradient is ${gradientNorm}`;
  if (smoothed === undefined || loss <= 4 * smoothed + 1) return undefined;
  return `the loss jumped from about ${smoothed.toPrecision(3)} to ${loss.toPrecision(3)}`;
}

/** Back to the last state that was sound, with half the learning rate. */
function rollBack(run: TrainingRun, good: Checkpoint, reason: string): TrainingEvent {
  run.rollbacks += 1;
  if (run.rollbacks > MOST_ROLLBACKS) {
    throw new EspalierError({
      kind: 'data',
      code: 'train.diverged',
      message: `The training diverged ${run.rollbacks} times, the last time at step ${run.step + 1}: ${reason}.`,
      hint: 'Choose a smaller --lr, or --clip 1; check the labels and the preprocessing.',
    });
  }
  const step = run.step;
  run.rateFactor *= 0.5;
  run.step = good.step;
  run.vectors = split(good.vectors, false);
  run.smoothedLoss = good.smoothedLoss ?? undefined;
  return { type: 'training.rolled-back', step, to: good.step, rateFactor: run.rateFactor, reason };
}

async function judge(
  { evaluate }: TrainOptions,
  run: TrainingRun,
): Promise<{ readonly evaluation: Evaluation; readonly best: boolean }> {
  const evaluation = await evaluate!(run.prepared.exportModel(run.vectors));
  const { value, higherIsBetter } = evaluation;
  const best = run.best === undefined || (higherIsBetter ? value > run.best.value : value < run.best.value);
  run.withoutProgress = best ? 0 : run.withoutProgress + 1;
  if (best) run.best = { step: run.step, value, vectors: run.vectors };
  return { evaluation, best };
}

function checkpointOf(run: TrainingRun, batch: number): Checkpoint {
  const { step, seconds, rateFactor, rollbacks, smoothedLoss, best } = run;
  const kept = best ? Object.entries(best.vectors).filter(([name]) => EXPORTED.includes(name)) : [];
  return {
    step,
    seconds,
    batch,
    rateFactor,
    rollbacks,
    smoothedLoss: smoothedLoss ?? null,
    evaluationsWithoutProgress: run.withoutProgress,
    best: best ? { step: best.step, value: best.value } : null,
    vectors: { ...run.vectors, ...Object.fromEntries(kept.map(([name, data]) => [BEST + name, data])) },
  };
}

const BEST = 'best.';

/** The vectors a model is exported from. */
const EXPORTED = ['average', 'statistics'];

/** The state of the last step, or of the best one, out of a checkpoint's vectors. */
function split(vectors: TrainingVectors, best: boolean): TrainingVectors {
  const own = Object.entries(vectors).filter(([name]) => name.startsWith(BEST) === best);
  return Object.fromEntries(own.map(([name, data]) => [best ? name.slice(BEST.length) : name, data]));
}

function secondsLeft(run: TrainingRun, steps: number, speed: number, seconds: number | undefined): number {
  const bySteps = Number.isFinite(steps)
    ? (steps - run.step) / Math.max(1e-9, speed)
    : Number.POSITIVE_INFINITY;
  const byTime = seconds === undefined ? Number.POSITIVE_INFINITY : seconds - run.seconds;
  return Math.max(0, Math.min(bySteps, byTime));
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof EspalierError && error.kind === 'engine' && /alloc|memory/i.test(error.message);
}
