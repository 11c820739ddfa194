// `espalier run`: cut, recover and judge again and again, until the target is met or the accuracy budget is spent.
import { existsSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { EspalierError, type SearchJudgement, triesOf } from '@espalier/core';
import {
  type Device,
  follow,
  type ModelFile,
  openSearchFolder,
  readModel,
  runSearch,
  type SearchOptions,
  type SearchResult,
  stageFile,
  trains,
  writeModel,
} from '@espalier/node';
import { describeClassDrop } from '../describe/describe-class-drop.ts';
import { describeFile } from '../describe/describe-model.ts';
import { describeRunFacts } from '../describe/describe-run-facts.ts';
import { describeStart, formatTyped } from '../describe/describe-start.ts';
import { remarkOnSpeed } from '../describe/remark-on-speed.ts';
import type { SearchDocument } from '../documents/search-document.ts';
import { formatCommandLine } from '../options/command-line.ts';
import { given } from '../options/given.ts';
import { formatPercent, MEASURES } from '../output/units.ts';
import { drawRunPages } from '../report/run-pages.ts';
import { formatSearch } from '../report/search-report.ts';
import { checkRepeatable } from './check-repeatable.ts';
import type { CommandContext, CommandResult, RunCommand } from './command.ts';
import { typedDataFlags } from './data-source.ts';
import { measureSteps } from './measure.ts';
import { readAim, settleSearch } from './search-settings.ts';
import { createSearchView } from './show-search.ts';
import { aimAt, nameFolders, openTargetDevices } from './target-devices.ts';

type Context = CommandContext<'run'>;
type Search = Omit<SearchOptions, 'folder'>;

/** What came of one search. */
interface SearchOutcome extends CommandResult {
  readonly document: SearchDocument;
}
type Judgement = SearchDocument['steps'][number]['judgement'];
type StepTime = SearchDocument['steps'][number]['latency'];

/** Runs the command. */
export const runRun: RunCommand<'run'> = async (context) => {
  const { options } = context;
  const path = context.arguments[0]!;
  if (options.data === undefined) throw noData();
  checkRepeatable('run', options);
  const aim = readAim(context);
  if (options.resume && options.runDir === undefined) throw noRun();
  if (options.output !== undefined) await checkOutput(path, options.output, options.force || options.resume);
  // First, so that a device can join while the model is looked at.
  const places = await openTargetDevices(context, aim);
  try {
    const file = await readModel(path);
    const search = await settleSearch(context, aim, file);
    const runDir = options.runDir ?? freeFolder(basename(path, '.onnx'));
    const devices = (await places?.devices()) ?? [undefined];
    if (devices.length > 1)
      return await searchForEach(devices as readonly Device[], context, search, file, runDir);
    return await searchOnce(context, search, file, runDir, devices[0]);
  } finally {
    await places?.close();
  }
};

/** One search after the other, each for its own device in a folder of its own. The first one that fell short decides how the command ends. */
async function searchForEach(
  devices: readonly Device[],
  context: Context,
  search: Search,
  file: ModelFile,
  runDir: string,
): Promise<CommandResult> {
  const results: SearchOutcome[] = [];
  for (const [at, folder] of nameFolders(devices).entries()) {
    results.push(await searchOnce(context, search, file, join(runDir, folder), devices[at]));
    context.signal.throwIfAborted();
  }
  const [first, ...others] = results.map(({ document }) => document);
  const failure = results.find((result) => result.failure)?.failure;
  return {
    document: { ...first!, others: others.map(({ schema: _, ...rest }) => rest) },
    lines: results.flatMap(({ lines, document }) => [
      context.terminal.paint.bold(document.device!.name),
      ...lines,
      '',
    ]),
    ...(failure && { failure }),
  };
}

/** One search, with or without a device whose latency is its target. */
async function searchOnce(
  context: Context,
  settled: Search,
  file: ModelFile,
  folderPath: string,
  device: Device | undefined,
): Promise<SearchOutcome> {
  const { options, terminal } = context;
  const force = options.force || options.resume;
  const search = { ...settled, ...(device && { latency: await aimAt(device, options) }) };
  const folder = await openSearchFolder(folderPath, {
    ...{ resume: options.resume, force: options.force },
    about: { ...(await describeStart('run', context, { runDir: folderPath })) },
  });
  try {
    terminal.log(`run: ${folderPath}`);
    const result = await follow(runSearch({ ...search, folder }), createSearchView(terminal));
    const last = result.steps.at(-1)!;
    const { model } = await readModel(join(folder.path, last.model));
    await folder.saveModel('best', model);
    const output = options.output ?? join(folder.path, folder.modelPath('best'));
    if (options.output !== undefined) await writeModel(options.output, model, { force });
    const isMeasured = options.bench && last.step > 0 && result.reason !== 'interrupted';
    const latency = isMeasured
      ? await measureSteps(result.original, result.steps, folder.path, search.engine, context, device)
      : undefined;
    const document = describe(context, search, result, {
      model: describeFile(file),
      run: resolve(folder.path),
      output: resolve(output),
      ...(latency && { latency }),
      ...(device && { device: structuredClone(device.description) as SearchDocument['device'] }),
    });
    const facts = await describeRunFacts(result, document);
    await folder.saveText('report.json', `${JSON.stringify(facts, null, 2)}\n`);
    const { html, markdown } = await drawRunPages(folder.path);
    await folder.saveText('report.html', html);
    await folder.saveText('report.md', markdown);
    const failure = failureOf(document, search, result.trials, folderPath, context);
    return { document, lines: formatSearch(document, terminal.paint), ...(failure && { failure }) };
  } finally {
    folder.close();
  }
}

/** `runs/NAME-1`, or the first number that is free. */
function freeFolder(name: string): string {
  for (let number = 1; ; number++) {
    const path = join('runs', `${name}-${number}`);
    if (!existsSync(path)) return path;
  }
}

function describe(
  context: Context,
  { strategy, maxDrop, maxClassDrop, confidence }: Search,
  { steps, trials, reason, target, original }: SearchResult,
  known: Pick<SearchDocument, 'model' | 'run' | 'output' | 'latency' | 'device'>,
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
    ...{ strategy: strategy!, target: { ...target }, maxDrop, confidence: confidence! },
    ...given({ maxClassDrop }),
    ...{ metric, judgedBy: samples, reason },
    metrics: {
      macs,
      params: last.cost.params / first.cost.params,
      before: first.judgement.value,
      after: last.judgement.value,
      drop: last.judgement.drop,
      ...(last.latency && { latency: last.latency.fraction.value }),
      ...(latency && { speedup: latency.models.at(-1)!.speedup.value }),
    },
    steps: steps.map(({ step, cost, latency: taken, judgement, proof, model }) => ({
      ...{ step, cost, proof },
      ...(taken && { latency: { fraction: structuredClone(taken.fraction), ms: taken.ms } as StepTime }),
      judgement: describeJudgement(judgement),
      tries: triesOf({ step, proof }, trials).length,
      model: existsSync(join(files.run, model)) ? model : null,
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

function describeJudgement({ value, drop, interval, worst, classes, worstClass }: SearchJudgement) {
  return structuredClone({ value, drop, interval, worst, ...given({ classes, worstClass }) }) as Judgement;
}

/** What keeps the result from being what was asked for; the best so far is saved. */
function failureOf(
  document: SearchDocument,
  { recovery }: Search,
  trials: SearchResult['trials'],
  runDir: string,
  context: Context,
): EspalierError | undefined {
  const { target, metrics, reason, maxDrop, maxClassDrop, output, steps } = document;
  if (reason === 'target') return undefined;
  const again = formatTyped('run', context, { runDir, resume: true });
  if (reason === 'interrupted') {
    return new EspalierError({
      kind: 'interrupted',
      code: 'interrupted',
      message: `The run was interrupted after step ${steps.at(-1)!.step}; the best model so far is ${output}.`,
      hint: `Go on with \`${again}\`.`,
    });
  }
  const floor = trials.at(-1)?.brokenFloor;
  const budget = `--max-drop ${formatPercent(maxDrop)}`;
  const [why, advice] = {
    budget: [
      floor
        ? `${describeClassDrop(floor)}, more than --max-class-drop ${formatPercent(maxClassDrop!)} allows, even at a fraction of the cut's strength`
        : `further cuts cost more than ${budget} allows, even at a fraction of their strength`,
      `Allow a larger ${floor ? '--max-class-drop' : '--max-drop'}, a lower --confidence, more samples to judge by (--eval-data), or ${trains(recovery!.method!) ? 'train for more --epochs' : 'recover with --recover finetune'}.`,
    ],
    'nothing-left': [
      'no further cut was found',
      `Raise --max-ratio, ${target.measure === 'latency' ? 'ask for a higher latency' : 'lower --round-to'}, drop --ignore, or choose another --strategy.`,
    ],
    iterations: ['--iterations were used up', `Go on with \`${again}\` and more --iterations.`],
    time: ['--time was used up', `Go on with \`${again}\`.`],
  }[reason];
  return new EspalierError({
    kind: 'target',
    code: 'run.target-not-reached',
    message: `${formatPercent(metrics[target.measure]!)} of the ${MEASURES[target.measure]} are left instead of ${formatPercent(target.kept)}: ${why}.`,
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
