// `espalier finetune` and `espalier train`: one training, from two sets of defaults.
import { basename, relative, resolve } from 'node:path';
import { EspalierError, formatAugment, type OptimizerName } from '@espalier/core';
import {
  cacheFile,
  createOrtEngine,
  type FinetuneOptions,
  type FinetuneResult,
  finetune,
  follow,
  type ModelFile,
  openRunFolder,
  type RunFolder,
  readModel,
  stageFile,
  type TrainingBudget,
  writeModel,
} from '@espalier/node';
import { finiteNumbers } from '../describe/describe-accuracy.ts';
import { describeFile } from '../describe/describe-model.ts';
import { describePreprocess } from '../describe/describe-preprocess.ts';
import { describeStart, formatTyped } from '../describe/describe-start.ts';
import type { TrainingDocument } from '../documents/training-document.ts';
import { formatCommandLine } from '../options/command-line.ts';
import { given } from '../options/given.ts';
import { parseDuration } from '../options/parse-duration.ts';
import { formatTraining } from '../report/training-report.ts';
import { checkRepeatable } from './check-repeatable.ts';
import type { CommandContext, CommandResult, RunCommand } from './command.ts';
import { typedDataFlags } from './data-source.ts';
import { createTrainingView } from './show-training.ts';
import { trainingDataOf } from './training-data.ts';

type Context = CommandContext<'finetune'> | CommandContext<'train'>;

/** What differs between the commands when nobody says otherwise; what is left out is as in `finetune` of the library. */
interface Defaults {
  readonly command: 'finetune' | 'train';
  /** End of the new file's name. */
  readonly suffix: string;
  readonly epochs?: number;
  readonly optimizer?: OptimizerName;
  readonly rates?: Readonly<Record<OptimizerName, number>>;
}

const FINETUNE: Defaults = { command: 'finetune', suffix: 'finetuned' };

const TRAIN: Defaults = {
  command: 'train',
  suffix: 'trained',
  epochs: 60,
  optimizer: 'sgd',
  rates: { sgd: 0.05, adamw: 1e-3 },
};

/** Runs `finetune`. */
export const runFinetune: RunCommand<'finetune'> = (context) => runTraining(context, FINETUNE);

/** Runs `train`. */
export const runTrain: RunCommand<'train'> = (context) => runTraining(context, TRAIN);

async function runTraining(context: Context, defaults: Defaults): Promise<CommandResult> {
  const { options, terminal } = context;
  checkOptions(options);
  checkRepeatable(defaults.command, options);
  const path = context.arguments[0]!;
  const output = options.output ?? `${basename(path, '.onnx')}-${defaults.suffix}.onnx`;
  const replace = options.force || options.resume;
  await (await stageFile(output, '', { force: replace })).discard();
  const file = await readModel(path);
  const teacher = options.teacher === undefined ? undefined : await readModel(options.teacher);
  const settled = await settle(context, defaults, file, teacher);
  const run = options.runDir === undefined ? undefined : await openRun(options.runDir, context, defaults);
  try {
    const view = createTrainingView(terminal);
    let corrupt = 0;
    const result = await follow(finetune({ ...settled, ...(run && { run }) }), (event) => {
      if (event.type === 'training.corrupt') corrupt++;
      view(event);
    });
    const written = await writeModel(output, result.model, { force: replace });
    const document = describe(result, context, defaults, {
      model: describeFile(file),
      ...(teacher && { teacher: describeFile(teacher) }),
      output: resolve(written.path),
      run: run ? resolve(run.path) : null,
      corrupt,
    });
    const failure =
      result.reason === 'interrupted' ? interrupted(result, output, context, defaults) : undefined;
    return { document, lines: formatTraining(document, terminal.paint), ...(failure && { failure }) };
  } finally {
    run?.close();
  }
}

function checkOptions({ data, epochs, steps, resume, runDir }: Context['options']): void {
  if (data === undefined) {
    throw usage('train.no-data', 'There are no data to train on.', 'Give a folder or a file with --data.');
  }
  if (epochs !== undefined && steps !== undefined) {
    throw usage(
      'train.clashing-budgets',
      `Both --epochs ${epochs} and --steps ${steps} say how long to train.`,
      'Give one of them; --time may come on top.',
    );
  }
  if (resume && runDir === undefined) {
    throw usage('train.no-run', 'There is no run to resume.', 'Name the folder of the run with --run-dir.');
  }
}

/** The options as the training takes them. */
async function settle(
  { options, signal }: Context,
  { epochs, optimizer: usualOptimizer, rates }: Defaults,
  { model }: ModelFile,
  teacher: ModelFile | undefined,
): Promise<FinetuneOptions> {
  const { provider, threads, optimizer = usualOptimizer } = options;
  const cachePath = await cacheFile('formulations.json');
  const seconds = options.time === undefined ? undefined : parseDuration('--time', options.time);
  const asked = given({ steps: options.steps, epochs: options.epochs, seconds });
  const usual = epochs === undefined ? undefined : { epochs };
  const budget: TrainingBudget | undefined = Object.keys(asked).length > 0 ? asked : usual;
  return {
    engine: createOrtEngine(),
    model,
    ...(teacher && { teacher: teacher.model }),
    ...(await trainingDataOf(options)),
    objective: given({
      labels: !options.ignoreLabels,
      smoothing: options.smoothing,
      distil: options.distil,
      temperature: options.temperature,
      match: options.match,
    }),
    warmUp: options.warmUp,
    weightDecay: options.weightDecay,
    averageDecay: options.average,
    freeze: options.freeze,
    restoreNorms: options.restoreNorms,
    fromScratch: 'fromScratch' in options && options.fromScratch,
    saveEvery: options.saveEvery,
    deterministic: options.deterministic,
    load: given({ provider, threads }),
    signal,
    ...given({
      budget,
      optimizer: optimizer && { name: optimizer },
      rate: options.lr ?? (optimizer && rates?.[optimizer]),
      clipNorm: options.clip,
      evaluateEvery: options.evalEvery,
      patience: options.patience,
      cachePath,
      formulations: options.formulations,
    }),
  };
}

/** Opens the run folder, with everything that would be asked about the run later. */
async function openRun(runDir: string, context: Context, { command }: Defaults): Promise<RunFolder> {
  const { resume, force } = context.options;
  return openRunFolder(runDir, {
    resume,
    force,
    about: { ...(await describeStart(command, context, { runDir })) },
  });
}

function describe(
  result: FinetuneResult,
  context: Context,
  { command }: Defaults,
  known: Pick<TrainingDocument, 'model' | 'teacher' | 'output' | 'run'> & { readonly corrupt: number },
): TrainingDocument {
  const { data, before, evaluation, steps, epochs, bestStep, batch, parameters, restoredNorms } = result;
  const { rollbacks, reason, seconds, samplesPerSecond, objective } = result;
  const { corrupt, ...files } = known;
  const { options } = context;
  const preprocess = data.guess ? describePreprocess(data.preprocess) : null;
  const value = (found: FinetuneResult['evaluation']): number | null =>
    found && Number.isFinite(found.value) ? found.value : null;
  return {
    schema: `espalier/${command}@1`,
    ...files,
    objective,
    data: {
      path: options.data!,
      description: data.dataset.description,
      samples: data.size,
      judgedBy: data.judged.size,
      corrupt,
    },
    preprocess,
    assumed: options.preprocess === undefined ? [...(data.guess?.assumed ?? [])] : [],
    augment: formatAugment(data.augment),
    metrics: {
      metric: evaluation?.name ?? '',
      before: value(before),
      after: value(evaluation),
      seconds,
      samplesPerSecond,
    },
    before: finiteNumbers(before?.metrics ?? {}),
    after: finiteNumbers(evaluation?.metrics ?? {}),
    training: {
      steps,
      epochs,
      bestStep,
      batch,
      parameters,
      restoredNorms,
      rollbacks,
      stopped: reason,
    },
    next: reason === 'interrupted' ? null : suggestNext(context, files.output),
  } as TrainingDocument;
}

/** With a teacher speed is the question that is left, else accuracy on other data. */
function suggestNext(context: Context, output: string): string {
  const { options } = context;
  const name = relative(process.cwd(), output);
  if (options.teacher !== undefined) return formatCommandLine('bench', [options.teacher, name], {});
  const { data, evalData = data, evalSplit } = options;
  return formatCommandLine('eval', [name], {
    ...typedDataFlags(context),
    data: evalData,
    ...(evalSplit !== undefined && { split: evalSplit }),
  });
}

function interrupted(
  { steps }: FinetuneResult,
  output: string,
  context: Context,
  { command }: Defaults,
): EspalierError {
  const resumable = context.options.runDir !== undefined;
  return new EspalierError({
    kind: 'interrupted',
    code: 'interrupted',
    message: `The training was interrupted after step ${steps}; the best model so far is ${output}.`,
    hint: resumable
      ? `Go on with \`${formatTyped(command, context, { resume: true })}\`.`
      : 'With --run-dir a training can be gone on with later.',
  });
}

function usage(code: string, message: string, hint: string): EspalierError {
  return new EspalierError({ kind: 'usage', code, message, hint });
}
