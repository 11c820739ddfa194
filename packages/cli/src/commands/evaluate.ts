// Models evaluated on the user's data, as the flags say, with progress on the terminal: what `eval` and `prune` share.
import {
  createGroupedMetric,
  type Engine,
  EspalierError,
  type GroupedMetric,
  type Model,
  RANDOM_GROUPS,
  type SearchJudgement,
  type Session,
} from '@espalier/core';
import {
  type Analysis,
  chooseMetrics,
  type EvaluationSubject,
  evaluateModels,
  follow,
  loadMetric,
  type MetricChoice,
  openDataset,
  openEvaluation,
} from '@espalier/node';
import { describeNumbers, warnOfOneAnswer } from '../describe/describe-accuracy.ts';
import { assumedFlag, describePreprocess } from '../describe/describe-preprocess.ts';
import type { EvalDocument } from '../documents/eval-document.ts';
import { given } from '../options/given.ts';
import type { CommandContext } from './command.ts';
import { datasetOptions, readPreprocess } from './data-source.ts';

type Context = CommandContext<'eval'> | CommandContext<'prune'> | CommandContext<'compare'>;

/** Samples per run. */
const DEFAULT_BATCH = 8;

type Metrics = EvalDocument['metrics'];

/** What was measured, without the models. */
export interface EvaluationResult extends Pick<EvalDocument, 'data' | 'preprocess' | 'assumed'> {
  /** Against the labels, one record per model; empty without labels. */
  readonly metrics: readonly Metrics[];
  /** Of every model with the first, one record per model; empty for the first itself. */
  readonly agreement: readonly Metrics[];
}

/**
 * Evaluates one model over `path`, or several on the same samples: then each also agrees with the first, or not. Error, kind data:
 * `eval.no-metric` for a single model and data without labels.
 */
export async function evaluateOn(
  path: string,
  models: readonly Model[],
  engine: Engine,
  context: Context,
): Promise<EvaluationResult> {
  const walk = await walkOn(path, models, engine, context, 1, (sessions, choice) => {
    if (!choice.createMetric && models.length === 1) throw nothingToMeasure(path);
    return sessions.map((session, i) => subjectOf(session, choice, i > 0));
  });
  const { subjects, ...about } = walk;
  for (const text of subjects.flatMap(({ metrics }) => warnOfOneAnswer(metrics))) context.terminal.warn(text);
  return {
    ...about,
    metrics: subjects.map(({ metrics }) => describeNumbers(metrics)),
    agreement: subjects.map(({ agreement }) => describeNumbers(agreement)),
  };
}

/** How a model does by the one number that stands for the whole, with its random groups: what drops are told from. */
export type Reading = Pick<SearchJudgement, 'metric' | 'higherIsBetter' | 'value' | 'groups'>;

/** What {@link judgeOn} found out. */
export interface JudgedModels extends Pick<EvaluationResult, 'data' | 'preprocess' | 'assumed'> {
  /** One per model. */
  readonly readings: readonly Reading[];
}

/** Judges models over `path` on the same samples: against the labels, and where there are none by how far each agrees with the first. */
export async function judgeOn(
  path: string,
  models: readonly Model[],
  engine: Engine,
  context: Context,
): Promise<JudgedModels> {
  const walk = await walkOn(path, models, engine, context, RANDOM_GROUPS, (sessions, choice) =>
    sessions.map((session) => judgedSubject(session, choice)),
  );
  const { subjects, ...about } = walk;
  return { ...about, readings: subjects.map(({ judge }) => readingOf(judge)) };
}

/** Walks models through the data, `leastBatches` of them where the models leave it open; `makeSubjects` says what is measured of each. */
async function walkOn<Subject extends EvaluationSubject>(
  path: string,
  models: readonly Model[],
  engine: Engine,
  { options, terminal, signal }: Context,
  leastBatches: number,
  makeSubjects: (sessions: readonly Session[], choice: MetricChoice) => readonly Subject[],
): Promise<
  Pick<EvaluationResult, 'data' | 'preprocess' | 'assumed'> & { readonly subjects: readonly Subject[] }
> {
  const own = options.metric === undefined ? undefined : await loadMetric(options.metric);
  const dataset = await openDataset(path, datasetOptions(options));
  terminal.log(`data: ${dataset.description}`);
  const { provider, threads, task, limit } = options;
  const size = Math.min(limit ?? Number.POSITIVE_INFINITY, dataset.size);
  const batch = Math.max(1, Math.min(options.batch ?? DEFAULT_BATCH, Math.floor(size / leastBatches)));
  const open = await openEvaluation({
    engine,
    models,
    dataset,
    ...(task !== undefined && { task }),
    ...(options.preprocess !== undefined && { preprocess: await readPreprocess(options.preprocess) }),
    load: given({ provider, threads }),
  });
  try {
    const { preprocess, guess } = open;
    const description = guess ? describePreprocess(preprocess) : null;
    const assumed = options.preprocess === undefined ? [...(guess?.assumed ?? [])] : [];
    if (guess && description !== null) {
      const reasons = options.preprocess === undefined ? guess.reasons : [];
      const flag = assumedFlag(description, assumed);
      terminal.log([`preprocessing: ${description}`, ...reasons.map((text) => `  ${text}`)].join('\n'));
      if (flag !== undefined) terminal.log(`  Assumed, please confirm or change: ${flag}`);
    }
    terminal.log(`task: ${open.task.task} (${open.task.reason})`);
    const choice = chooseMetrics(open, {
      ...(options.layout !== undefined && { layout: options.layout }),
      ...(own && { createMetric: own }),
    });
    for (const note of choice.notes) terminal.log(note);
    const subjects = makeSubjects(open.sessions, choice);
    const samples = await follow(
      evaluateModels(subjects, { dataset, preprocess, batch, signal, ...(limit !== undefined && { limit }) }),
      ({ done, total }) => terminal.progress('evaluating', done / total),
    );
    return {
      data: { path, description: dataset.description, samples, choice: dataset.choice },
      preprocess: description,
      assumed,
      subjects,
    };
  } finally {
    await open.close();
  }
}

/** How a model does on the data: its accuracy where there are labels, else its agreement with the original. */
export interface Effect {
  readonly accuracy?: Metrics;
  readonly agreement?: Metrics;
}

/** Measures the original and what was made of it on the data of the options, all on the same samples; nothing is known without data. */
export async function evaluateCut(
  { file }: Analysis,
  made: readonly Model[],
  engine: Engine,
  context: CommandContext<'prune'>,
): Promise<readonly Effect[]> {
  const { data } = context.options;
  if (data === undefined) return [file.model, ...made].map(() => ({}));
  const { metrics, agreement } = await evaluateOn(data, [file.model, ...made], engine, context);
  const labelled = Object.keys(metrics[0]!).length > 0;
  return metrics.map((accuracy, i): Effect => {
    if (labelled) return { accuracy };
    return i === 0 ? {} : { agreement: agreement[i]! };
  });
}

function subjectOf(
  session: Session,
  { createMetric, createAgreement }: MetricChoice,
  compared: boolean,
): EvaluationSubject {
  return {
    session,
    metrics: createMetric ? [createMetric()] : [],
    agreement: compared && createAgreement ? [createAgreement()] : [],
  };
}

/** A subject with the one metric that judges it. */
interface JudgedSubject extends EvaluationSubject {
  readonly judge: Pick<GroupedMetric<never>, 'name' | 'higherIsBetter' | 'reading'>;
}

function judgedSubject(session: Session, { createMetric, createAgreement }: MetricChoice): JudgedSubject {
  if (createMetric) {
    const judge = createGroupedMetric(createMetric);
    return { session, metrics: [judge], agreement: [], judge };
  }
  const judge = createGroupedMetric(createAgreement);
  return { session, metrics: [], agreement: [judge], judge };
}

function readingOf({ name, higherIsBetter, reading }: JudgedSubject['judge']): Reading {
  return { metric: name, higherIsBetter, ...reading() };
}

function nothingToMeasure(path: string): EspalierError {
  return new EspalierError({
    kind: 'data',
    code: 'eval.no-metric',
    message: `The data ${path} have no labels, and there is no other model to agree with.`,
    hint: 'Give labelled data, --reference ORIGINAL, or your own --metric FILE.',
  });
}
