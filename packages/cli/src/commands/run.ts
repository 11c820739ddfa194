// `espalier run`: cut, recover and judge again and again, until the target is met or the accuracy budget is spent.
import { existsSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { type CriterionName, EspalierError, type SearchRecovery, type SearchStrategy } from '@espalier/core';
import {
  cacheFile,
  createOrtEngine,
  describeMachine,
  follow,
  loadMetric,
  type ModelFile,
  makeFeeds,
  openSearchFolder,
  readModel,
  runSearch,
  type SearchEvent,
  type SearchFolder,
  type SearchOptions,
  type SearchResult,
  stageFile,
  writeModel,
} from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import { remarkOnSpeed } from '../describe/remark-on-speed.ts';
import type { SearchDocument } from '../documents/search-document.ts';
import { formatCommandLine, type GivenOptions } from '../options/command-line.ts';
import { given } from '../options/given.ts';
import type { OptionName } from '../options/options.ts';
import { parseDuration } from '../options/parse-duration.ts';
import { formatPercent, formatScore } from '../output/units.ts';
import { formatSearch, formatSearchPage } from '../report/search-report.ts';
import { readVersion } from '../version.ts';
import { parseInputShapes, showEvent } from './analyse.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { datasetOptions, readPreprocess, typedDataFlags } from './data-source.ts';
import { measureModels } from './measure.ts';
import { scoringOf } from './scoring.ts';
import { parseRates, parseShare, parseTarget } from './search-values.ts';
import { createTrainingView } from './show-training.ts';

type Context = CommandContext<'run'>;

/** What a paper does where nothing else is said. */
interface Preset {
  readonly strategy: SearchStrategy;
  readonly criterion: CriterionName;
  readonly recover: SearchRecovery;
}

const PRESETS: Readonly<Record<NonNullable<Context['options']['preset']>, Preset>> = {
  'concat-iterative': { strategy: 'iterative', criterion: 'l2', recover: 'finetune' },
  fscl: { strategy: 'one-shot', criterion: 'fscl', recover: 'finetune' },
};

/** Runs the command. */
export const runRun: RunCommand<'run'> = async (context) => {
  const { options, terminal } = context;
  const path = context.arguments[0]!;
  if (options.data === undefined) throw noData();
  const target = parseTarget(options.target);
  if (options.resume && options.runDir === undefined) throw noRun();
  const force = options.force || options.resume;
  if (options.output !== undefined) await checkOutput(path, options.output, force);
  const folderPath = options.runDir ?? freeFolder(basename(path, '.onnx'));
  const file = await readModel(path);
  const folder = await openSearchFolder(folderPath, {
    ...{ resume: options.resume, force: options.force },
    about: await describeStart(context),
  });
  try {
    terminal.log(`run: ${folderPath}`);
    const search = await settle(context, target, file, folder);
    const result = await follow(runSearch(search), createSearchView(context));
    const last = result.steps.at(-1)!;
    const { model } = await readModel(join(folder.path, last.model));
    await folder.saveModel('best', model);
    const output = options.output ?? join(folder.path, folder.modelPath('best'));
    if (options.output !== undefined) await writeModel(options.output, model, { force });
    const isMeasured = options.bench && last.step > 0 && result.reason !== 'interrupted';
    const latency = isMeasured ? await compareLatency(result, model, context) : undefined;
    const document = describe(context, search, result, {
      model: describeFile(file),
      run: resolve(folder.path),
      output: resolve(output),
      ...(latency && { latency }),
    });
    await folder.saveText('report.md', formatSearchPage(document));
    const failure = failureOf(document, folderPath, context);
    return { document, lines: formatSearch(document, terminal.paint), ...(failure && { failure }) };
  } finally {
    folder.close();
  }
};

/** The options as the search takes them; a preset gives way to what was said. */
async function settle(
  { arguments: [path], options, sources, signal }: Context,
  target: SearchOptions['target'],
  file: ModelFile,
  folder: SearchFolder,
): Promise<SearchOptions> {
  const preset: Partial<Preset> = options.preset === undefined ? {} : PRESETS[options.preset];
  const isSaid = (name: OptionName): boolean => sources[name] !== undefined && sources[name] !== 'default';
  const strategy = isSaid('strategy') ? options.strategy : (preset.strategy ?? options.strategy);
  const criterion = isSaid('criterion') ? options.criterion : (preset.criterion ?? options.criterion);
  const method = options.recover ?? preset.recover ?? 'reconstruct';
  const { provider, threads, deterministic, metric, seed, roundTo, maxRatio, ignore } = options;
  const rates = parseRates(options.rates);
  const createMetric = metric === undefined ? undefined : await loadMetric(metric);
  const maxDrop = parseShare('--max-drop', options.maxDrop);
  const precision = parseShare('--precision', options.precision);
  const cachePath = await cacheFile('formulations.json');
  const preprocess = options.preprocess === undefined ? undefined : await readPreprocess(options.preprocess);
  return {
    engine: createOrtEngine(),
    model: path!,
    inputShapes: parseInputShapes(options.inputShape),
    ...{ target, maxDrop, strategy, folder, signal },
    confidence: options.confidence,
    scoring: { ...scoringOf(options), criterion },
    limits: { roundTo, maxRatio, ignore },
    sensitivity: {
      ...{ mode: options.probing, precision },
      ...given({ rates: rates.length > 0 ? rates : undefined, limit: options.probeLimit }),
    },
    training: {
      data: given({
        path: options.data!,
        dataset: datasetOptions(options),
        limit: options.limit,
        preprocess,
        augment: options.augment,
        task: options.task,
        batch: options.batch,
        seed,
        workers: options.workers,
      }),
      evaluation: given({
        path: options.evalData,
        split: options.evalSplit,
        share: options.holdout,
        limit: options.evalLimit,
        layout: options.layout,
        createMetric,
      }),
      deterministic,
      ...given({ cachePath, formulations: options.formulations }),
    },
    recovery: { method, epochs: options.epochs ?? 1 },
    finalEpochs: options.finalEpochs,
    iterations: options.iterations,
    load: given({ provider, threads: deterministic ? 1 : threads }),
    settings: settingsOf(options, file),
    ...given({
      stepShare: options.stepShare,
      seconds: options.time === undefined ? undefined : parseDuration('--time', options.time),
    }),
  };
}

/** Options that do not change what a run computes, or may differ when it is gone on with. */
const FREE: readonly string[] = [
  'config',
  'json',
  'quiet',
  'workers',
  'threads',
  'output',
  'force',
  'bench',
  'runDir',
  'resume',
  'time',
  'iterations',
];

function settingsOf(options: Context['options'], { sha256 }: ModelFile): SearchOptions['settings'] {
  const { data, evalData } = options;
  const decisive = Object.entries(options).filter(
    ([name, value]) => value !== undefined && !FREE.includes(name),
  );
  return {
    ...{ model: sha256, ...Object.fromEntries(decisive) },
    ...given({
      data: data === undefined ? undefined : resolve(data),
      evalData: evalData === undefined ? undefined : resolve(evalData),
    }),
  };
}

/** The options that were flags. */
function typed({ options, sources }: Context): GivenOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => sources[name as OptionName] === 'flag'),
  );
}

async function describeStart(context: Context) {
  return {
    command: formatCommandLine('run', context.arguments, typed(context)),
    startedAt: new Date().toISOString(),
    espalier: readVersion(),
    machine: await describeMachine(),
  };
}

/** `runs/NAME-1`, or the first number that is free. */
function freeFolder(name: string): string {
  for (let number = 1; ; number++) {
    const path = join('runs', `${name}-${number}`);
    if (!existsSync(path)) return path;
  }
}

/** What happens, on the terminal: one line for every try and every step, progress in between. */
function createSearchView({ terminal }: Context): (event: SearchEvent) => void {
  const training = createTrainingView(terminal);
  return (event) => {
    switch (event.type) {
      case 'step':
      case 'note':
        showEvent(event, terminal);
        break;
      case 'sensitivity.progress':
        terminal.progress('probing', event.done / event.total, `${event.done} of ${event.total} probes`);
        break;
      case 'sensitivity.group':
      case 'search.sensitivity':
      case 'search.stop':
      case 'search.end':
        break;
      case 'search.trial': {
        const { recovered, cutAlone, allowed, accepted, strength } = event.trial;
        const verdict = accepted
          ? 'accepted'
          : `refused: it may be ${formatScore(recovered.worst)} worse, allowed are ${formatScore(allowed)}`;
        terminal.log(
          `cut ${event.trial.iteration + 1} at strength ${strength}: ${recovered.metric} ${formatScore(cutAlone.value)}, recovered ${formatScore(recovered.value)}; ${verdict}`,
        );
        break;
      }
      case 'search.step': {
        const { step, judgement, cost } = event.step;
        if (step === 0)
          terminal.log(
            `original: ${judgement.metric} ${formatScore(judgement.value)} on ${judgement.samples} samples`,
          );
        else
          terminal.log(
            `step ${step}: ${(cost.macs / 1e6).toFixed(1)} million MACs, ${judgement.metric} ${formatScore(judgement.value)}`,
          );
        break;
      }
      default:
        training(event);
    }
  };
}

function describe(
  context: Context,
  { strategy, target, maxDrop, confidence }: SearchOptions,
  { steps, trials, reason, original }: SearchResult,
  known: Pick<SearchDocument, 'model' | 'run' | 'output' | 'latency'>,
): SearchDocument {
  const [first, last] = [steps[0]!, steps.at(-1)!];
  const { latency, ...files } = known;
  const { metric, samples } = first.judgement;
  const macs = last.cost.macs / first.cost.macs;
  const layers = Object.entries(last.history).map(([node, { channels, kept }]) => ({
    ...{ node, channels, kept: kept.length },
  }));
  return {
    schema: 'espalier/search@1',
    ...files,
    ...{ strategy: strategy!, target, maxDrop, confidence: confidence!, metric, judgedBy: samples, reason },
    metrics: {
      macs,
      params: last.cost.params / first.cost.params,
      before: first.judgement.value,
      after: last.judgement.value,
      drop: last.judgement.drop,
      ...(latency && { speedup: latency.models.at(-1)!.speedup.value }),
    },
    steps: steps.map(({ step, cost, judgement: { value, drop, interval, worst }, proof }) => ({
      ...{ step, cost, proof },
      judgement: { value, drop, interval: interval && [...interval], worst },
      tries: proof === null ? 0 : trials.filter(({ iteration }) => iteration === step - 1).length,
    })),
    layers,
    ...(latency && { latency }),
    remarks: [...remarkOnSpeed({ macs, latency, layers, roundTo: context.options.roundTo }).remarks],
    next: formatCommandLine('eval', [relative(process.cwd(), files.output)], {
      ...typedDataFlags(context),
      data: context.options.evalData ?? context.options.data,
      reference: relative(process.cwd(), original.file.path),
    }),
  };
}

function compareLatency(
  { original }: SearchResult,
  model: Parameters<typeof writeModel>[1],
  context: Context,
) {
  const { provider, threads, seed } = context.options;
  const subjects = [
    { name: 'original', model: original.file.model },
    { name: 'pruned', model },
  ];
  const quick = {
    minSeconds: 1,
    provider,
    ...(threads !== undefined && { threads }),
    seed,
    signal: context.signal,
  };
  return measureModels(
    createOrtEngine(),
    subjects,
    makeFeeds(original.traced, seed),
    quick,
    context.terminal,
  );
}

/** What keeps the result from being what was asked for; the best so far is saved. */
function failureOf(document: SearchDocument, runDir: string, context: Context): EspalierError | undefined {
  const { target, metrics, reason, maxDrop, output, steps } = document;
  if (reason === 'target') return undefined;
  const again = formatCommandLine('run', context.arguments, { ...typed(context), runDir, resume: true });
  if (reason === 'interrupted') {
    return new EspalierError({
      kind: 'interrupted',
      code: 'interrupted',
      message: `The run was interrupted after step ${steps.at(-1)!.step}; the best model so far is ${output}.`,
      hint: `Go on with \`${again}\`.`,
    });
  }
  const budget = `--max-drop ${formatPercent(maxDrop)}`;
  const [why, advice] = {
    budget: [
      `further cuts cost more than ${budget} allows, even at a fraction of their strength`,
      'Allow a larger --max-drop, a lower --confidence, more samples to judge by (--eval-data), or recover with --recover finetune.',
    ],
    'nothing-left': [
      'no further cut was found',
      'Raise --max-ratio, lower --round-to, drop --ignore, or choose another --strategy.',
    ],
    iterations: ['--iterations were used up', `Go on with \`${again}\` and more --iterations.`],
    time: ['--time was used up', `Go on with \`${again}\`.`],
  }[reason];
  const measure = target.measure === 'macs' ? 'MACs' : 'parameters';
  return new EspalierError({
    kind: 'target',
    code: 'run.target-not-reached',
    message: `${formatPercent(metrics[target.measure])} of the ${measure} are left instead of ${formatPercent(target.kept)}: ${why}.`,
    hint: `The best model so far is ${output}. ${advice}`,
  });
}

/** Finds out before the work whether its result can be written. */
async function checkOutput(path: string, output: string, force: boolean): Promise<void> {
  if (resolve(path) === resolve(output)) {
    throw new EspalierError({
      kind: 'usage',
      code: 'prune.same-file',
      message: `The pruned model cannot replace the original ${path}.`,
      hint: 'Choose another name with -o: a resumed run needs the original.',
    });
  }
  await (await stageFile(output, '', { force })).discard();
}

function noData(): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'run.no-data',
    message: 'There are no data to judge and to recover on.',
    hint: 'Give a folder or a file with --data; without labels the answers of the original are the truth.',
  });
}

function noRun(): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'train.no-run',
    message: 'There is no run to resume.',
    hint: 'Name the folder of the run with --run-dir.',
  });
}
