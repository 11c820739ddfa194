// Models evaluated on the user's data, as the flags say, with progress on the terminal: what `eval` and `prune` share.
import {
  describeGuess,
  type Engine,
  EspalierError,
  formatPreprocess,
  type Metric,
  type Model,
} from '@espalier/core';
import {
  type Analysis,
  chooseMetric,
  evaluateModels,
  follow,
  loadMetric,
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

/** Evaluates models over `path`, all on the same samples. */
export async function evaluateOn(
  path: string,
  models: readonly Model[],
  engine: Engine,
  { options, terminal, signal }: Context,
): Promise<EvaluationResult> {
  const createMetric = options.metric === undefined ? undefined : await loadMetric(options.metric);
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
    const metrics = models.map(() => createMetric?.() ?? chooseMetric(open));
    const subjects = open.sessions.map((session, i) => ({ session, metrics: [metrics[i]!], agreement: [] }));
    const { preprocess } = open;
    const samples = await follow(
      evaluateModels(subjects, { dataset, preprocess, batch, signal, ...(limit !== undefined && { limit }) }),
      ({ done, total }) => terminal.progress('evaluating', done / total),
    );
    return {
      data: { path, description: dataset.description, samples, choice: dataset.choice },
      preprocess: open.guess ? formatPreprocess(preprocess) : null,
      assumed: options.preprocess === undefined ? [...(open.guess?.assumed ?? [])] : [],
      metrics: metrics.map(readMetric),
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

// JSON has no NaN.
function readMetric(metric: Metric): EvalDocument['metrics'] {
  const entries = Object.entries(metric.result());
  return Object.fromEntries(entries.map(([name, value]) => [name, Number.isFinite(value) ? value : null]));
}
