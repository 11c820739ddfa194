// What a training is fed and judged by: which samples, how they are prepared, what was assumed.
import {
  type Augment,
  choosePositions,
  type Dataset,
  type Engine,
  formatAugment,
  formatPreprocess,
  guessAugment,
  holdOut,
  type LoadOptions,
  type Metric,
  type Model,
  type ModelTask,
  NO_AUGMENT,
  parseAugment,
  pickSamples,
  type Target,
  type TaskGuess,
} from '@espalier/core';
import { type DatasetOptions, openDataset } from '../data/open-dataset.ts';
import type { CorruptImage } from '../data/training-batch.ts';
import { openTrainingLoader, type TrainingLoaderOptions } from '../data/training-loader.ts';
import { chooseMetrics, type MetricChoice } from '../pipeline/choose-metrics.ts';
import { type OpenEvaluation, openEvaluation } from '../pipeline/open-evaluation.ts';

/** The data of a training, as a user states them. */
export interface TrainingDataOptions {
  readonly path: string;
  /** Without a split, that of the name `train` is taken where there are splits. */
  readonly dataset?: DatasetOptions;
  /** At most so many samples, chosen over the whole set. */
  readonly limit?: number;
  /** Text or record over what is guessed, as `parsePreprocess` takes it. */
  readonly preprocess?: string | Readonly<Record<string, unknown>>;
  /** As `parseAugment` takes it; default: guessed by the task. */
  readonly augment?: string | Readonly<Record<string, unknown>>;
  readonly task?: ModelTask;
  /** Samples per step; default 64, for detectors 4: their pictures are large. */
  readonly batch?: number;
  readonly seed: number;
  readonly workers?: number;
}

/** What models are judged by. */
export interface TrainingEvaluationOptions {
  /** Another data set; default: samples held out of the training's own. */
  readonly path?: string;
  /** A part of that set, or of the training's own. */
  readonly split?: string;
  /** Share of the training's samples to hold out, above 0 and below 1; default 0.1. */
  readonly share?: number;
  readonly limit?: number;
  readonly layout?: string;
  readonly createMetric?: () => Metric;
}

/** Data that are ready. */
export interface TrainingData extends Pick<OpenEvaluation, 'preprocess' | 'guess' | 'dataset' | 'target'> {
  readonly task: TaskGuess;
  readonly augment: Augment;
  /** Dims of every batch. */
  readonly dims: readonly number[];
  readonly loader: Omit<TrainingLoaderOptions, 'onCorrupt'>;
  /** Samples that are trained on. */
  readonly size: number;
  /** The samples that models are judged by. */
  readonly judged: Dataset;
  readonly metrics: MetricChoice;
  /** Corrupt pictures among them that were met and not yet told. */
  readonly corrupt: CorruptImage[];
  /** What was decided, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Opens the data and settles everything about them before anything is computed. Errors: those of `openDataset`, `openEvaluation`, `parseAugment`,
 * `openTrainingLoader` and `chooseMetrics`.
 */
export async function openTrainingData(
  engine: Engine,
  model: Model,
  options: TrainingDataOptions,
  evaluation: TrainingEvaluationOptions,
  load: LoadOptions,
): Promise<TrainingData> {
  const { path, seed, workers } = options;
  const described = { split: 'train', ...options.dataset };
  const dataset = await openDataset(path, described);
  const classes = (await dataset.classLabels?.())?.map(({ index }) => index);
  const all = choosePositions(dataset.size, classes, options.limit);
  const hasOwn = evaluation.path !== undefined || evaluation.split !== undefined;
  const { train, held } = hasOwn
    ? { train: all, held: [] }
    : holdOut(all, evaluation.share ?? 0.1, seed, classes);
  const corrupt: CorruptImage[] = [];
  const judgedSet = hasOwn ? await openJudged(options, evaluation) : dataset;
  const judgedAt = await choosePart(judgedSet, hasOwn ? undefined : held, evaluation.limit);
  const judged = pickSamples(judgedSet, judgedAt, noteOnce(corrupt));

  const own = pickSamples(dataset, train, noteOnce(corrupt));
  const open = await openEvaluation({
    engine,
    models: [model],
    dataset: own,
    ...(options.task !== undefined && { task: options.task }),
    ...(options.preprocess !== undefined && { preprocess: options.preprocess }),
    load,
  });
  try {
    const { preprocess, guess, target, task } = open;
    const augment = chooseAugment(options, open);
    const loader = {
      path,
      dataset: described,
      preprocess,
      augment: augment.augment,
      batch: options.batch ?? (task.task === 'detect' ? 4 : 64),
      seed,
      positions: train,
      ...(workers !== undefined && { workers }),
    };
    const dims = await probeLoader(loader);
    const metrics = chooseMetrics(
      { ...open, dataset: judgedSet, target: hasOwn ? await firstTarget(judged) : target },
      {
        ...(evaluation.layout !== undefined && { layout: evaluation.layout }),
        ...(evaluation.createMetric && { createMetric: evaluation.createMetric }),
      },
    );
    const judgedBy = hasOwn
      ? `Judged by ${judgedAt.length} samples: ${judgedSet.description}.`
      : `${held.length} of ${all.length} samples are held out to judge by, and never trained on.${judgedAt.length < held.length ? ` ${judgedAt.length} of them are used.` : ''}`;
    return {
      dataset,
      target,
      preprocess,
      ...(guess && { guess }),
      task,
      augment: augment.augment,
      dims,
      loader,
      size: train.length,
      judged,
      metrics,
      corrupt,
      notes: [
        `Data: ${dataset.description}.`,
        ...(guess ? [`Preprocessing: ${formatPreprocess(preprocess)}.`] : []),
        ...(guess && options.preprocess === undefined ? guess.reasons : []),
        `Task: ${task.task} (${task.reason}).`,
        judgedBy,
        `Augmentation: ${formatAugment(augment.augment)}.`,
        ...augment.reasons,
        ...metrics.notes,
      ],
    };
  } finally {
    await open.close();
  }
}

/** The evaluation's own data: described like the training's, but for the split. */
function openJudged(
  { path, dataset }: TrainingDataOptions,
  evaluation: TrainingEvaluationOptions,
): Promise<Dataset> {
  const { split: _, ...rest } = dataset ?? {};
  const { split } = evaluation;
  return openDataset(evaluation.path ?? path, { ...rest, ...(split !== undefined && { split }) });
}

/** At most `limit` of the positions (default: all of the set), every class with its share. */
async function choosePart(
  dataset: Dataset,
  positions: readonly number[] | undefined,
  limit: number | undefined,
): Promise<readonly number[]> {
  const labels = await dataset.classLabels?.();
  const part = positions ?? choosePositions(dataset.size);
  const classes = labels && part.map((position) => labels[position]!.index);
  return choosePositions(part.length, classes, limit).map((place) => part[place]!);
}

async function firstTarget(dataset: Dataset): Promise<Target> {
  for await (const { target } of dataset.samples({ limit: 1 })) return target;
  return { kind: 'none' };
}

function chooseAugment(
  { augment }: TrainingDataOptions,
  { guess, preprocess, task, dataset }: OpenEvaluation,
): { readonly augment: Augment; readonly reasons: readonly string[] } {
  if (augment !== undefined) return { augment: parseAugment(augment), reasons: [] };
  if (!guess) return { augment: NO_AUGMENT, reasons: [] };
  const { classNames } = dataset;
  return guessAugment({ task: task.task, input: preprocess, ...(classNames && { classNames }) });
}

/** Opens and closes a loader: what is wrong with the data or the augmentation is found out now, and so is the shape of a batch. */
async function probeLoader(options: Omit<TrainingLoaderOptions, 'onCorrupt'>): Promise<readonly number[]> {
  const loader = await openTrainingLoader({ ...options, workers: 0 });
  await loader.close();
  return loader.dims;
}

function noteOnce(corrupt: CorruptImage[]): (position: number, error: Error) => void {
  const told = new Set<number>();
  return (position, { message }) => {
    if (told.has(position)) return;
    told.add(position);
    corrupt.push({ position, message });
  };
}
