// The training loop: batches in, steps in the engine, evaluations, checkpoints, and what to do when the loss explodes.
import { countParameters, EspalierError, type Model, rateAt } from '@espalier/core';
import type { Checkpoint, TrainingStore } from './checkpoint.ts';
import { ON_PROCESSOR } from './settle-provider.ts';
import type { Evaluation, StopReason, TrainingEvent } from './training-events.ts';
import {
  exportAt,
  openRun,
  progressOf,
  type TrainingRun,
  type TrainOptions,
  takeStep,
} from './training-run.ts';
import type { StepResult } from './training-session.ts';
import {
  acceptEvaluation,
  acceptStep,
  findTrouble,
  rescaleSteps,
  rollBack,
  toCheckpoint,
} from './training-state.ts';

/** A finished training. */
export interface TrainResult {
  /** The best model by evaluation, or the last one; the very model that was given when no step was better. */
  readonly model: Model;
  readonly last: Model;
  /** Steps done, and the one the model is from. */
  readonly steps: number;
  readonly bestStep: number;
  readonly epochs: number;
  readonly batch: number;
  readonly seconds: number;
  /** While steps were taken. */
  readonly samplesPerSecond: number;
  readonly rollbacks: number;
  readonly parameters: number;
  readonly restoredNorms: number;
  readonly reason: StopReason;
  /** Of the model before the first step, and of the result. */
  readonly before?: Evaluation;
  readonly evaluation?: Evaluation;
}

/**
 * Trains a model and returns the best one. Nothing is written but what the store takes. Errors: those of the loader, of `prepareTraining` and of the
 * teacher; kind `data`: `train.diverged` when the loss explodes again and again; kind `engine` when even a batch of one does not fit in
 * memory. A provider that fails gives way to the processor, and a note says why.
 */
export async function* trainModel(wished: TrainOptions): AsyncGenerator<TrainingEvent, TrainResult> {
  let options = wished;
  let checkpoint = options.resume;
  let batch = checkpoint?.batch ?? options.data.batch;
  for (;;) {
    let run: TrainingRun | undefined;
    try {
      run = await openRun(options, batch, checkpoint);
      return yield* followRun(run);
    } catch (error) {
      if (!(error instanceof EspalierError) || error.kind !== 'engine') throw error;
      if (run) checkpoint = toCheckpoint(run.state, batch);
      if (!isOutOfMemory(error)) {
        // A provider may turn out only in the middle of the graph to lack what an operator needs.
        const { provider = 'cpu', ...load } = options.load;
        if (provider === 'cpu') throw error;
        options = { ...options, load };
        yield { type: 'training.note', text: `${error.message} ${ON_PROCESSOR}` };
        continue;
      }
      if (batch === 1) throw error;
      batch = Math.ceil(batch / 2);
      // A number of steps stays what it is; an epoch has more steps now.
      if (checkpoint && options.budget.steps === undefined) checkpoint = rescaleSteps(checkpoint, batch);
      yield { type: 'training.batch-halved', batch, reason: error.message };
    } finally {
      await run?.close();
    }
  }
}

async function* followRun(run: TrainingRun): AsyncGenerator<TrainingEvent, TrainResult> {
  const { options, loader, state, corrupt } = run;
  const { saveEvery = 50, store } = options;
  const batch = loader.dims[0]!;
  const startedAt = performance.now() - 1000 * state.seconds;
  const firstStep = state.step;
  let good: Checkpoint | undefined;
  yield startedEvent(run);
  for (;;) {
    state.seconds = (performance.now() - startedAt) / 1000;
    const reason = reasonToStop(run);
    if (isEvaluationDue(run, reason)) {
      yield* judge(run);
      continue;
    }
    if (reason !== undefined) return yield* finish(run, reason);
    good ??= toCheckpoint(state, batch);
    const rate = rateAt(options.schedule, progressOf(run), state.step) * state.rateFactor;
    const result = await takeStep(run, rate);
    for (const image of corrupt.splice(0)) yield { type: 'training.corrupt', image };
    const trouble = findTrouble(state, result);
    if (trouble !== undefined) {
      yield rollBack(state, good, trouble);
      continue;
    }
    // Saved only now: a sound step has shown that the state it began with is sound.
    if (state.step % saveEvery === 0 && state.step > firstStep) {
      good = toCheckpoint(state, batch);
      if (store) yield await save(store, good);
    }
    acceptStep(state, result);
    state.seconds = (performance.now() - startedAt) / 1000;
    yield stepEvent(run, result, rate);
  }
}

function reasonToStop({ options, state, steps }: TrainingRun): StopReason | undefined {
  const { signal, budget, patience = Number.POSITIVE_INFINITY } = options;
  if (signal?.aborted) return 'interrupted';
  if (state.step >= steps) return 'steps';
  if (state.seconds >= (budget.seconds ?? Number.POSITIVE_INFINITY)) return 'time';
  return state.evaluationsWithoutProgress >= patience ? 'no-progress' : undefined;
}

function isEvaluationDue({ options, loader, state }: TrainingRun, stopping: StopReason | undefined): boolean {
  const { evaluate, evaluateEvery = loader.stepsPerEpoch } = options;
  if (!evaluate || stopping === 'interrupted' || state.evaluatedStep === state.step) return false;
  return stopping !== undefined || state.step % evaluateEvery === 0;
}

async function* judge(run: TrainingRun): AsyncGenerator<TrainingEvent> {
  const { options, state } = run;
  const model = exportAt(run, state.step, state.vectors);
  let evaluation: Evaluation;
  try {
    evaluation = yield* options.evaluate!(model);
  } catch (error) {
    // The interrupt is noticed by whoever asks next.
    if (options.signal?.aborted) return;
    throw error;
  }
  const best = acceptEvaluation(state, evaluation);
  if (best) await options.store?.saveBest?.(model);
  yield { type: 'training.evaluated', step: state.step, best, ...evaluation };
}

async function* finish(run: TrainingRun, reason: StopReason): AsyncGenerator<TrainingEvent, TrainResult> {
  const { options, loader, prepared, state, taken, busySeconds } = run;
  const { step, best, before } = state;
  const batch = loader.dims[0]!;
  if (options.store) yield await save(options.store, toCheckpoint(state, batch));
  yield { type: 'training.stopped', step, reason };
  const last = exportAt(run, step, state.vectors);
  return {
    model: best ? exportAt(run, best.step, best.vectors) : last,
    last,
    steps: step,
    bestStep: best?.step ?? step,
    epochs: step / loader.stepsPerEpoch,
    batch,
    seconds: state.seconds,
    samplesPerSecond: busySeconds > 0 ? (taken * batch) / busySeconds : 0,
    rollbacks: state.rollbacks,
    parameters: countParameters(prepared.program.parameters),
    restoredNorms: prepared.norms.length,
    reason,
    ...(before && { before }),
    ...(best && { evaluation: best.evaluation }),
  };
}

async function save(store: TrainingStore, checkpoint: Checkpoint): Promise<TrainingEvent> {
  await store.save(checkpoint);
  return { type: 'training.saved', step: checkpoint.step };
}

function startedEvent({ loader, prepared, state, steps }: TrainingRun): TrainingEvent {
  return {
    type: 'training.started',
    ...(Number.isFinite(steps) && { steps }),
    stepsPerEpoch: loader.stepsPerEpoch,
    from: state.step,
    batch: loader.dims[0]!,
    parameters: countParameters(prepared.program.parameters),
    restoredNorms: prepared.norms.length,
  };
}

function stepEvent(run: TrainingRun, { loss, gradientNorm }: StepResult, rate: number): TrainingEvent {
  const { options, loader, state, steps, taken, busySeconds } = run;
  const { step, seconds } = state;
  const secondsPerStep = busySeconds / taken;
  const timeLeft = (options.budget.seconds ?? Number.POSITIVE_INFINITY) - seconds;
  return {
    type: 'training.step',
    step,
    epoch: step / loader.stepsPerEpoch,
    loss,
    gradientNorm,
    rate,
    progress: progressOf(run),
    samplesPerSecond: loader.dims[0]! / secondsPerStep,
    secondsLeft: Math.max(0, Math.min((steps - step) * secondsPerStep, timeLeft)),
  };
}

function isOutOfMemory({ message }: EspalierError): boolean {
  return /alloc|memory/i.test(message);
}
