// Models evaluated on the user's data, as the flags say, with progress on the terminal: what `eval` and `prune` share.
import {
  describeGuess,
  type Engine,
  EspalierError,
  formatPreprocess,
  type Model,
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
  parseRecordShape,
  readTextFile,
} from '@espalier/node';
import { parse } from 'yaml';
import type { EvalDocument } from '../documents/eval-document.ts';
import type { OptionsFor } from '../options/options.ts';
import type { CommandContext } from './command.ts';

type Context = CommandContext<'eval'> | CommandContext<'prune'>;
type DataOptions = OptionsFor<'eval'> | OptionsFor<'prune'>;

/** What was measured, without the models. */
export interface EvaluationResult extends Pick<EvalDocument, 'data' | 'preprocess' | 'assumed'> {
  /** One record of metrics per model. */
  readonly metrics: readonly EvalDocument['metrics'][];
}

/** Evaluates models over `path`, all on the same samples; the others also agree with the first, or not. */
export async function evaluateOn(
  path: string,
  models: readonly Model[],
  engine: Engine,
  { options, terminal, signal }: Context,
): Promise<EvaluationResult> {
  const own = options.metric === undefined ? undefined : await loadMetric(options.metric);
  const dataset = await openDataset(path, datasetOptions(options));
  terminal.log(`data: ${dataset.description}`);
  const { provider, threads, task, limit, batch } = options;
  const open = await openEvaluation({
    engine,
    models,
    dataset,
    ...(task !== undefined && { task }),
    ...(options.preprocess !== undefined && { preprocess: await readPreprocess(options.preprocess) }),
    load: { provider, ...(threads !== undefined && { threads }) },
  });
  try {
    if (open.guess) {
      const settled = { ...open.guess, preprocess: open.preprocess };
      terminal.log(
        options.preprocess === undefined
          ? describeGuess(settled)
          : `preprocessing: ${formatPreprocess(open.preprocess)}`,
      );
    }
    const choice = own ? { createMetric: own, notes: [] } : chooseMetrics(open, options.layout);
    for (const note of choice.notes) terminal.log(note);
    const subjects = open.sessions.map((session, i) => subjectOf(session, choice, i > 0));
    if (subjects.every(({ metrics, agreement }) => metrics.length + agreement.length === 0)) {
      throw nothingToMeasure(path);
    }
    const { preprocess } = open;
    const samples = await follow(
      evaluateModels(subjects, { dataset, preprocess, batch, signal, ...(limit !== undefined && { limit }) }),
      ({ done, total }) => terminal.progress('evaluating', done / total),
    );
    return {
      data: { path, description: dataset.description, samples, choice: dataset.choice },
      preprocess: open.guess ? formatPreprocess(preprocess) : null,
      assumed: options.preprocess === undefined ? [...(open.guess?.assumed ?? [])] : [],
      metrics: subjects.map(readMetrics),
    };
  } finally {
    await open.close();
  }
}

/** Metrics before and after a cut; undefined without data. */
export async function evaluatePair(
  { file }: Analysis,
  pruned: Model,
  engine: Engine,
  context: CommandContext<'prune'>,
): Promise<
  { readonly before: EvalDocument['metrics']; readonly after: EvalDocument['metrics'] } | undefined
> {
  const { data } = context.options;
  if (data === undefined) return undefined;
  const { metrics } = await evaluateOn(data, [file.model, pruned], engine, context);
  return { before: metrics[0]!, after: metrics[1]! };
}

function datasetOptions({
  dataFormat,
  recordShape,
  split,
  labels,
}: DataOptions): Parameters<typeof openDataset>[1] {
  const shape = recordShape === undefined ? undefined : parseRecordShape(recordShape);
  if (recordShape !== undefined && shape === undefined) {
    throw new EspalierError({
      kind: 'usage',
      code: 'options.bad-shape',
      message: `--record-shape cannot be '${recordShape}'.`,
      hint: 'Write planes, height and width, such as 1x64x64.',
    });
  }
  return {
    ...(dataFormat !== undefined && { format: dataFormat }),
    ...(shape && { shape }),
    ...(split !== undefined && { split }),
    ...(labels !== undefined && { labels }),
  };
}

/** `key=value` pairs stay text; anything else is the path of a YAML file. */
async function readPreprocess(text: string): Promise<string | Readonly<Record<string, unknown>>> {
  if (text.includes('=')) return text;
  const content: unknown = parse(await readTextFile(text));
  if (typeof content === 'object' && content !== null) return content as Readonly<Record<string, unknown>>;
  throw new EspalierError({
    kind: 'usage',
    code: 'preprocess.not-yaml',
    message: `The preprocessing ${text} is no YAML mapping.`,
    hint: 'Write one key per line, such as `size: 224x224`, or give key=value pairs.',
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

/** All numbers of one model by name; those of agreement begin with `agreement.`. JSON has no NaN. */
function readMetrics({ metrics, agreement }: EvaluationSubject): EvalDocument['metrics'] {
  const numbers = [
    ...metrics.flatMap((metric) => Object.entries(metric.result())),
    ...agreement.flatMap((metric) =>
      Object.entries(metric.result()).map(([name, value]) => [`agreement.${name}`, value] as const),
    ),
  ];
  return Object.fromEntries(numbers.map(([name, value]) => [name, Number.isFinite(value) ? value : null]));
}

function nothingToMeasure(path: string): EspalierError {
  return new EspalierError({
    kind: 'data',
    code: 'eval.no-metric',
    message: `The data ${path} have no labels, and nothing else can be measured of this model.`,
    hint: 'Give labelled data; for a detector --task detect and --reference ORIGINAL; or your own --metric FILE.',
  });
}
