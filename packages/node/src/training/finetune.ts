// A whole training from plain options: data opened, objective chosen, everything checked before the first step, progress judged, the best model kept.
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import {
  checkDifferentiable,
  type Engine,
  EspalierError,
  encodeModelChunks,
  findParameters,
  formatAugment,
  formatPreprocess,
  type LoadOptions,
  type Model,
  type OptimizerOptions,
  plainChoices,
  type TracedModel,
} from '@espalier/core';
import { checkSameSettings, type RunSettings } from '../runs/run-record.ts';
import { chooseFormulations, type Formulations, toChoices } from './choose-formulations.ts';
import { chooseObjective, type ObjectiveWishes } from './choose-objective.ts';
import type { RunFolder } from './run-folder.ts';
import { settleProvider } from './settle-provider.ts';
import { traceBatch, traceWhole } from './trace-batch.ts';
import { type TrainResult, trainModel } from './train-model.ts';
import {
  openTrainingData,
  type TrainingData,
  type TrainingDataOptions,
  type TrainingEvaluationOptions,
} from './training-data.ts';
import type { TrainingEvent } from './training-events.ts';
import { openJudge } from './training-judge.ts';
import type { TrainingBudget } from './training-run.ts';

/** How a model is fine-tuned, distilled or trained. */
export interface FinetuneOptions {
  readonly engine: Engine;
  readonly model: Model;
  /** The original: its answers are learned from. */
  readonly teacher?: Model;
  /** `seed` default 0. */
  readonly data: Omit<TrainingDataOptions, 'seed'> & Partial<Pick<TrainingDataOptions, 'seed'>>;
  readonly evaluation?: TrainingEvaluationOptions;
  readonly objective?: ObjectiveWishes;
  /** Default: 10 epochs. */
  readonly budget?: TrainingBudget;
  /** Highest learning rate, default 0.01 with sgd, 0.0003 with adamw; for detectors 0.001 and 0.00005. */
  readonly rate?: number;
  /** Fraction of the training in which the rate climbs, default 0.05. */
  readonly warmUp?: number;
  /** Default sgd, for detectors adamw. */
  readonly optimizer?: OptimizerOptions;
  /** Decoupled, per unit of learning rate, default 0.005. */
  readonly weightDecay?: number;
  /** Largest norm of the gradient, default none. */
  readonly clipNorm?: number;
  /** Most of the weights' average that stays at a step, default 0.99; 0 takes the weights as they are. */
  readonly averageDecay?: number;
  /** Patterns of layers that stay as they are. */
  readonly freeze?: readonly string[];
  /** Whether folded batch normalizations are put back, default true; batches of fewer than 16 samples train without. */
  readonly restoreNorms?: boolean;
  /** Begins with fresh weights, default false. */
  readonly fromScratch?: boolean;
  /** Steps between evaluations, default one epoch. */
  readonly evaluateEvery?: number;
  readonly patience?: number;
  /** Steps between checkpoints, default 50. */
  readonly saveEvery?: number;
  /** One engine thread, so that the result is the same to the bit on one type of machine; default false. */
  readonly deterministic?: boolean;
  readonly load?: LoadOptions;
  /**
   * Whether formulations of convolutions are measured (default) or plain (default where the result must be the same on every machine), and the file
   * that remembers what was measured.
   */
  readonly formulations?: 'measured' | 'plain';
  readonly cachePath?: string;
  /** Keeps journal, checkpoints and models, and may hold a run to go on with. */
  readonly run?: RunFolder;
  readonly signal?: AbortSignal;
}

/** A finished training, and what it rested on. */
export interface FinetuneResult extends TrainResult {
  readonly data: TrainingData;
  /** One sentence. */
  readonly objective: string;
}

/**
 * Trains a model on data, a teacher, or both. Whatever is wrong with options, data, teacher or model is found out before the first step. Errors:
 * `train.not-deterministic` (kind usage) for options that cannot be repeated; those of `openTrainingData`, `chooseObjective`, `traceBatch`,
 * `openJudge`, `checkSameSettings` and `trainModel`.
 */
export async function* finetune(options: FinetuneOptions): AsyncGenerator<TrainingEvent, FinetuneResult> {
  const events = follow(options);
  try {
    let step = await events.next();
    for (; !step.done; step = await events.next()) {
      options.run?.append(step.value);
      yield step.value;
    }
    return step.value;
  } finally {
    // Whoever stops listening early ends the training too.
    await events.return(undefined as never);
  }
}

/** Learning rates that suit weights which know something already. */
const RATES: Readonly<Record<OptimizerOptions['name'], number>> = { sgd: 0.01, adamw: 3e-4 };

/** Those of detectors: small batches of few pictures, gradients that a handful of objects make. */
const DETECTOR_RATES: typeof RATES = { sgd: 1e-3, adamw: 5e-5 };

/** Smaller batches are too different from each other to normalize by. */
const LEAST_NORMALIZED_BATCH = 16;

type Wishes = ReturnType<typeof withDefaults>;
type Plan = ReturnType<typeof settleByTask>;

/** What is left open is for the task of the data to say. */
function settleByTask(wished: Wishes, { task, loader }: TrainingData) {
  const isDetector = task.task === 'detect';
  const optimizer: OptimizerOptions = wished.optimizer ?? { name: isDetector ? 'adamw' : 'sgd' };
  const rates = isDetector ? DETECTOR_RATES : RATES;
  return {
    ...wished,
    data: { ...wished.data, batch: loader.batch },
    optimizer,
    rate: wished.rate ?? rates[optimizer.name],
  };
}

function withDefaults(options: FinetuneOptions) {
  const { deterministic = false, load = {} } = options;
  return {
    ...options,
    data: { seed: 0, ...options.data },
    evaluation: options.evaluation ?? {},
    objective: options.objective ?? {},
    budget: options.budget ?? { epochs: 10 },
    warmUp: options.warmUp ?? 0.05,
    weightDecay: options.weightDecay ?? 0.005,
    averageDecay: options.averageDecay ?? 0.99,
    freeze: options.freeze ?? [],
    restoreNorms: options.restoreNorms ?? true,
    fromScratch: options.fromScratch ?? false,
    saveEvery: options.saveEvery ?? 50,
    formulations: options.formulations ?? (deterministic ? 'plain' : 'measured'),
    deterministic,
    load: deterministic ? { ...load, threads: 1 } : load,
  } as const;
}

async function* follow(options: FinetuneOptions): AsyncGenerator<TrainingEvent, FinetuneResult> {
  const wished = withDefaults(options);
  checkRepeatable(wished);
  const settled = await settleProvider(wished.engine, wished.load);
  if (settled.note !== undefined) yield { type: 'training.note', text: settled.note };
  const { load } = settled;
  const { engine, model, teacher, run, signal, freeze } = wished;
  const data = await openTrainingData(engine, model, wished.data, wished.evaluation, load);
  const plan = settleByTask({ ...wished, load }, data);
  for (const text of data.notes) yield { type: 'training.note', text };
  const batchStatistics = plan.data.batch >= LEAST_NORMALIZED_BATCH;
  if (!batchStatistics) {
    yield {
      type: 'training.note',
      text: `Batches of ${plan.data.batch} are too small to normalize by: batch normalizations keep the statistics they have, folded ones stay folded.`,
    };
  }
  const settings = settingsOf(plan, data);
  if (run?.record) checkSameSettings(run.record, settings);

  const outputs = model.graph.outputs.map(({ name }) => name);
  // What decodes a detector's maps may insist on one sample; training ends before it, and judging can go sample by sample.
  const whole = await traceWhole(engine, model, outputs, data.dims);
  const { objective, reason } = await chooseObjective(
    { ...data, task: data.task.task, traced: whole.traced, hasTeacher: teacher !== undefined },
    plan.objective,
  );
  yield { type: 'training.note', text: reason };
  const traced = await traceBatch(engine, model, objective.reads, data.dims);
  const parameters = findParameters(traced, objective.reads, { freeze });
  checkDifferentiable(traced, objective.reads, new Set(parameters.map(({ value }) => value)));

  const choose = async (restored: TracedModel, targets: readonly string[]) => {
    const found = run?.record?.formulations ?? (await findFormulations(plan, restored, targets));
    await run?.describe(settings, found);
    return found ? toChoices(found) : plainChoices;
  };
  const judge = await openJudge({
    engine,
    load,
    dataset: data.judged,
    preprocess: data.preprocess,
    metrics: data.metrics,
    corrupt: data.corrupt,
    dims: whole.dims,
    ...(teacher && { teacher }),
    ...(signal && { signal }),
  });
  try {
    yield { type: 'training.preparing' };
    const result = yield* trainModel({
      engine,
      model,
      objective,
      data: data.loader,
      budget: plan.budget,
      schedule: { peak: plan.rate, warmUp: plan.warmUp },
      optimizer: plan.optimizer,
      weightDecay: plan.weightDecay,
      averageDecay: plan.averageDecay,
      freeze,
      batchStatistics,
      restoreNorms: plan.restoreNorms && batchStatistics,
      saveEvery: plan.saveEvery,
      choose,
      load,
      evaluate: judge.judge,
      ...(teacher && { teacher }),
      ...(plan.clipNorm !== undefined && { clipNorm: plan.clipNorm }),
      ...(plan.fromScratch && { freshSeed: plan.data.seed }),
      ...(plan.evaluateEvery !== undefined && { evaluateEvery: plan.evaluateEvery }),
      ...(plan.patience !== undefined && { patience: plan.patience }),
      ...(run && { store: run.store }),
      ...(run?.checkpoint && { resume: run.checkpoint }),
      ...(signal && { signal }),
    });
    await run?.saveLast(result.last);
    return { ...result, data, objective: reason };
  } finally {
    await judge.close();
  }
}

async function findFormulations(
  { engine, load, formulations, cachePath }: Plan,
  traced: TracedModel,
  targets: readonly string[],
): Promise<Formulations | null> {
  if (formulations === 'plain') return null;
  return chooseFormulations(traced, targets, { engine, load, ...(cachePath !== undefined && { cachePath }) });
}

/** What decides the result, by the names of the flags: a resumed run must have the same. */
function settingsOf(plan: Plan, { preprocess, augment }: TrainingData): RunSettings {
  const { data, evaluation, objective, budget } = plan;
  const { path, dataset = {}, limit, task, batch, seed } = data;
  return {
    model: digest(plan.model),
    teacher: plan.teacher ? digest(plan.teacher) : null,
    data: resolve(path),
    ...dataset,
    limit,
    preprocess: formatPreprocess(preprocess),
    augment: formatAugment(augment),
    task,
    batch,
    seed,
    'eval-data': evaluation.path === undefined ? null : resolve(evaluation.path),
    'eval-split': evaluation.split,
    'eval-limit': evaluation.limit,
    'eval-every': plan.evaluateEvery,
    holdout: evaluation.share,
    patience: plan.patience,
    'save-every': plan.saveEvery,
    epochs: budget.epochs,
    steps: budget.steps,
    time: budget.seconds,
    lr: plan.rate,
    'warm-up': plan.warmUp,
    optimizer: plan.optimizer,
    'weight-decay': plan.weightDecay,
    clip: plan.clipNorm,
    average: plan.averageDecay,
    ...objective,
    freeze: plan.freeze,
    'restore-norms': plan.restoreNorms,
    'from-scratch': plan.fromScratch,
    deterministic: plan.deterministic,
    formulations: plan.formulations,
    provider: plan.load.provider,
  };
}

function digest(model: Model): string {
  const hash = createHash('sha256');
  for (const chunk of encodeModelChunks(model)) hash.update(chunk);
  return hash.digest('hex');
}

function checkRepeatable({ deterministic, budget }: Wishes): void {
  if (!deterministic || budget.seconds === undefined) return;
  throw new EspalierError({
    kind: 'usage',
    code: 'train.not-deterministic',
    message:
      'A training of limited time cannot be deterministic: how many steps fit into it differs from run to run.',
    hint: 'Limit it by --epochs or --steps.',
  });
}
