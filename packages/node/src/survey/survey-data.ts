// What a run can hope for from data: what they are, what they know of the truth, whether they fit the model, and how they are to be prepared.
import {
  type Dataset,
  type Engine,
  EspalierError,
  guessLayout,
  type LoadOptions,
  type Metric,
  type ModelTask,
  type Preprocess,
  type PreprocessGuess,
  type Target,
  type TaskGuess,
  tracedShape,
} from '@espalier/core';
import { type DatasetOptions, openDataset } from '../data/open-dataset.ts';
import type { RecordShape } from '../data/records.ts';
import type { Analysis } from '../pipeline/analyse-file.ts';
import { chooseMetrics } from '../pipeline/choose-metrics.ts';
import type { EvaluationProgress } from '../pipeline/evaluate-models.ts';
import { type OpenEvaluation, openEvaluation, outputShapes } from '../pipeline/open-evaluation.ts';
import { type PreprocessTrials, tryPreprocess } from './try-preprocess.ts';

/** What is told of the data beside their path. */
export interface SurveyDataOptions {
  readonly engine: Engine;
  readonly path: string;
  readonly dataset?: DatasetOptions;
  readonly preprocess?: string | Readonly<Record<string, unknown>>;
  readonly task?: ModelTask;
  readonly layout?: string;
  readonly createMetric?: () => Metric;
  readonly load?: LoadOptions;
  readonly signal?: AbortSignal;
}

/** What was found. */
export interface DataSurvey {
  /** The part that may be learned from. */
  readonly dataset: Dataset;
  /** Shape of the records, where the model's input told it. */
  readonly recordShape?: RecordShape;
  /** Another part, made to judge by; absent where some samples must be held out. */
  readonly judged?: Dataset;
  /** What the samples tell of the truth. */
  readonly labels: Target['kind'];
  readonly task: TaskGuess;
  /** Number of classes that the labels know, where they know classes. */
  readonly classes?: number;
  readonly preprocess: Preprocess;
  readonly guess?: PreprocessGuess;
  /** What some labelled samples showed; absent without labels, and where something is in the way. */
  readonly trials?: PreprocessTrials;
  /** What is in the way of judging the model by these data. */
  readonly obstacle?: EspalierError;
}

/** Names of the part that models are judged by. */
const JUDGING_SPLITS = ['val', 'valid', 'validation'];

/** Trials of one preprocessing cost about so many multiply-accumulates: some seconds for all of them. */
const TRIAL_MACS = 2e10;
const TRIAL_SAMPLES = { least: 32, most: 256 };

/**
 * Looks at data. Errors: those of `openDataset` and `openEvaluation`. What keeps the model from being judged (labels that do not fit its head, a
 * detector of unknown layout) is in the result.
 */
export async function* surveyData(
  analysis: Analysis,
  options: SurveyDataOptions,
): AsyncGenerator<EvaluationProgress, DataSurvey> {
  const { engine, preprocess, task, load } = options;
  const { dataset, recordShape } = await openLearned(analysis, options);
  const judged = await openJudged(dataset, options);
  const labelled = judged ?? dataset;
  const open = await openEvaluation({
    ...{ engine, models: [analysis.file.model], dataset: labelled },
    ...(task !== undefined && { task }),
    ...(preprocess !== undefined && { preprocess }),
    ...(load && { load }),
  });
  try {
    const classes = await countClasses(labelled, open.target);
    const facts = {
      ...{ dataset, labels: open.target.kind, task: open.task, preprocess: open.preprocess },
      ...(recordShape && { recordShape }),
      ...(judged && { judged }),
      ...(classes !== undefined && { classes }),
      ...(open.guess && { guess: open.guess }),
    };
    try {
      if (classes !== undefined) checkClasses(analysis, open, classes);
      const { createMetric } = chooseMetrics(open, {
        ...(options.layout !== undefined && { layout: options.layout }),
        ...(options.createMetric && { createMetric: options.createMetric }),
      });
      if (!createMetric) return facts;
      const trials = yield* tryPreprocess({
        ...{ open, createMetric, dataset: labelled, told: preprocess !== undefined },
        limit: trialSamples(analysis.cost.original.macs),
        ...(options.signal && { signal: options.signal }),
      });
      return { ...facts, preprocess: trials.best.preprocess, trials };
    } catch (error) {
      if (!(error instanceof EspalierError) || (error.kind !== 'data' && error.kind !== 'usage')) throw error;
      return { ...facts, obstacle: error };
    }
  } finally {
    await open.close();
  }
}

/** Fewer of a heavy model. */
function trialSamples(macs: number): number {
  return Math.max(TRIAL_SAMPLES.least, Math.min(TRIAL_SAMPLES.most, Math.round(TRIAL_MACS / macs)));
}

/** The part to learn from; records whose size tells no shape have that of the model's input, if that divides it. */
async function openLearned(
  { traced }: Analysis,
  { path, dataset: told = {} }: SurveyDataOptions,
): Promise<Pick<DataSurvey, 'dataset' | 'recordShape'>> {
  const described = { split: 'train', ...told };
  try {
    return { dataset: await openDataset(path, described) };
  } catch (error) {
    if (!(error instanceof EspalierError) || error.code !== 'data.unknown-record-shape') throw error;
    for (const recordShape of recordShapes(Object.values(traced.sizes[0]!)[0] ?? [])) {
      try {
        return { dataset: await openDataset(path, { ...described, shape: recordShape }), recordShape };
      } catch (misfit) {
        if (!(misfit instanceof EspalierError) || misfit.code !== 'data.bad-record-size') throw misfit;
      }
    }
    throw error;
  }
}

/** Pictures of an input's size, with its channels or grey. */
function recordShapes([, first, second, third]: readonly number[]): readonly RecordShape[] {
  if (first === undefined || second === undefined || third === undefined) return [];
  const [channels, height, width] =
    third === 1 || third === 3 ? [third, first, second] : [first, second, third];
  return [channels, ...(channels === 1 ? [] : [1])].map((planes): RecordShape => [planes, height, width]);
}

async function openJudged(
  learned: Dataset,
  { path, dataset: { split: _, ...told } = {} }: SurveyDataOptions,
): Promise<Dataset | undefined> {
  if (learned.split === undefined) return undefined;
  for (const split of JUDGING_SPLITS.filter((name) => name !== learned.split)) {
    const part = await openDataset(path, { ...told, split }).catch((error) => {
      if (error instanceof EspalierError && error.code === 'data.missing') return undefined;
      throw error;
    });
    if (part) return part;
  }
  return undefined;
}

async function countClasses(dataset: Dataset, { kind }: Target): Promise<number | undefined> {
  if (dataset.classNames) return dataset.classNames.length;
  if (kind !== 'class') return undefined;
  const labels = await dataset.classLabels?.();
  return labels && labels.reduce((most, { index }) => Math.max(most, index), -1) + 1;
}

/** Labels that the head has no output for make every number wrong. Error, kind data: `data.label-out-of-range`. */
function checkClasses({ traced }: Analysis, open: OpenEvaluation, classes: number): void {
  const { target, task, dataset, sessions, preprocess } = open;
  if (target.kind === 'class' && task.task === 'classify') {
    const outputs = tracedShape(traced, traced.graph.outputs[0]!.name)[1] ?? 0;
    if (classes > outputs) throw unfit(dataset, classes, `classes, the model answers with ${outputs}`);
  }
  if (target.kind !== 'boxes') return;
  const shapes = outputShapes(sessions[0]!);
  const input = { inputWidth: preprocess.width, inputHeight: preprocess.height };
  if (guessLayout(shapes, input).layout && !guessLayout(shapes, { ...input, classCount: classes }).layout)
    throw unfit(dataset, classes, 'classes, the head of the detector has another number of them');
}

function unfit({ name }: Dataset, classes: number, text: string): EspalierError {
  return new EspalierError({
    kind: 'data',
    code: 'data.label-out-of-range',
    message: `The labels of ${name} know ${classes} ${text}.`,
    hint: 'Take data with the classes that the model was trained on.',
  });
}
