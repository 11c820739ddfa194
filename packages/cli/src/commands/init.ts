// `espalier init`: looks at a model and its data, and writes a config file from which `run` can start.
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { EspalierError, formatPreprocess } from '@espalier/core';
import {
  type Analysis,
  createOrtEngine,
  type DataSurvey,
  follow,
  loadMetric,
  stageFile,
  surveyData,
  surveyModel,
  writeFileAtomic,
} from '@espalier/node';
import { describeModel } from '../describe/describe-model.ts';
import { describePreprocess } from '../describe/describe-preprocess.ts';
import type { InitDocument } from '../documents/init-document.ts';
import { formatCommandLine } from '../options/command-line.ts';
import { given } from '../options/given.ts';
import { isPath, kebabName, type OptionRow } from '../options/option-row.ts';
import { options as optionRows } from '../options/options.ts';
import { CONFIG_FILE } from '../options/read-config.ts';
import { CONFIG_SCHEMA_TITLE, configJsonSchema } from '../options/value-schema.ts';
import { type ConfigEntry, formatConfigFile } from '../options/write-config.ts';
import { formatInit, formatInitHead } from '../report/init-report.ts';
import { analyseModel } from './analyse.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { datasetOptions, readPreprocess } from './data-source.ts';
import { type Proposal, proposeConfig, TOLD_OPTIONS } from './init-proposal.ts';

type Context = CommandContext<'init'>;

/** Beside the config file, so that editors find it wherever the folder goes. */
const SCHEMA_FILE = 'espalier.schema.json';

/** Runs the command. */
export const runInit: RunCommand<'init'> = async (context) => {
  const { options, terminal } = context;
  const path = context.arguments[0] ?? (await findOnlyModel());
  const file = options.output ?? CONFIG_FILE;
  const folder = dirname(resolve(file));
  // Found out before the work whether its result can be written.
  await (await stageFile(file, '', { force: options.force })).discard();
  const engine = createOrtEngine();
  const analysis = await analyseModel(path, context, engine);
  const survey = surveyModel(analysis, options.task);
  const found = options.data === undefined ? undefined : await lookAtData(context, analysis, engine);
  const proposal = proposeConfig({
    model: relative(folder, resolve(path)),
    name: basename(path, '.onnx'),
    cost: analysis.cost.original,
    survey: found ? { ...survey, task: found.task } : survey,
    told: listTold(context, folder),
    ...(found && { data: { path: relative(folder, resolve(options.data!)), survey: found } }),
  });
  const document = describe(analysis, { ...survey, ...(found && { task: found.task }) }, found, proposal, {
    path: options.data,
    file,
  });
  await writeSchema(join(folder, SCHEMA_FILE), options.force);
  const text = formatConfigFile(`./${SCHEMA_FILE}`, formatInitHead(document), proposal.sections);
  await writeFileAtomic(file, text, { force: options.force });
  return { document, lines: formatInit(document, terminal.paint) };
};

/** The only ONNX file of this folder. Error, kind usage: `init.no-model`, where there are none or several. */
async function findOnlyModel(): Promise<string> {
  const found = (await readdir('.')).filter((name) => name.endsWith('.onnx')).sort();
  if (found.length === 1) return found[0]!;
  throw new EspalierError({
    kind: 'usage',
    code: 'init.no-model',
    message:
      found.length === 0
        ? 'There is no ONNX file in this folder.'
        : `There are ${found.length} ONNX files in this folder: ${found.join(', ')}.`,
    hint: 'Name the model: `espalier init MODEL.onnx`.',
  });
}

async function lookAtData(
  { options, terminal, signal }: Context,
  analysis: Analysis,
  engine: ReturnType<typeof createOrtEngine>,
): Promise<DataSurvey> {
  const { task, layout } = options;
  const survey = surveyData(analysis, {
    ...{ engine, path: options.data!, dataset: datasetOptions(options), signal },
    ...given({
      ...{ task, layout },
      preprocess: options.preprocess === undefined ? undefined : await readPreprocess(options.preprocess),
      createMetric: options.metric === undefined ? undefined : await loadMetric(options.metric),
    }),
  });
  return follow(survey, ({ done, total }) => terminal.progress('trying preprocessings', done / total));
}

/** What was said by flag or environment; paths as the config file reads them. */
function listTold({ options, sources }: Context, folder: string): readonly ConfigEntry[] {
  return TOLD_OPTIONS.filter((name) => sources[name] !== 'default').map((option) => {
    const row: OptionRow = optionRows[option];
    const value = options[option]!;
    const written = isPath(row, value) ? relative(folder, resolve(value)) : value;
    return { option, value: written, why: ['As it was told.'] };
  });
}

function describe(
  analysis: Analysis,
  { task, least }: ReturnType<typeof surveyModel>,
  data: DataSurvey | undefined,
  { sections, judged, obstacles }: Proposal,
  { path, file }: { readonly path: string | undefined; readonly file: string },
): InitDocument {
  const { model, metrics, layers } = describeModel(analysis);
  const { macs, params, activationBytes, convolutions, prunableConvolutions, groups } = metrics;
  const entries = sections.flatMap((section) => section.entries).filter(({ off }) => !off);
  return {
    schema: 'espalier/init@1',
    file: resolve(file),
    model: {
      ...{ path: model.path, sha256: model.sha256, bytes: model.bytes, task: task.task, reason: task.reason },
      input: [...(Object.values(model.sizes[0]!)[0] ?? [])],
    },
    metrics: {
      ...{ macs, params, activationBytes, convolutions, prunableConvolutions, groups },
      frozen: layers.filter(({ convolution, frozen }) => convolution && frozen.length > 0).length,
      leastMacs: least.macs,
    },
    data: data
      ? {
          path: resolve(path!),
          description: data.dataset.description,
          labels: data.labels,
          classes: data.classes ?? null,
          learned: data.judged ? data.dataset.size : data.dataset.size - judged,
          judged,
          split: data.judged?.split ?? null,
        }
      : null,
    preprocess: data?.guess ? describeTrials(data) : null,
    settings: Object.fromEntries(
      entries.map(({ option, value }) => [kebabName(option), typeof value === 'object' ? [...value] : value]),
    ),
    obstacles: [...obstacles],
    next: suggestNext(model.path, data, file),
  };
}

function suggestNext(model: string, data: DataSurvey | undefined, file: string): string {
  const isUsual = file === CONFIG_FILE;
  if (data) return formatCommandLine('run', [], isUsual ? {} : { config: file });
  const again = { data: 'PATH', force: true, ...(!isUsual && { output: file }) };
  return formatCommandLine('init', [relative(process.cwd(), model)], again);
}

function describeTrials({ preprocess, trials }: DataSurvey): InitDocument['preprocess'] {
  return {
    chosen: describePreprocess(preprocess),
    metric: trials?.metric ?? null,
    samples: trials?.best.samples ?? 0,
    trials: (trials?.trials ?? []).map(({ name, preprocess: tried, value, samples, worse }) => ({
      ...{ name, samples, preprocess: formatPreprocess(tried), value: Number.isFinite(value) ? value : null },
      verdict: tried === trials!.best.preprocess ? 'taken' : worse ? 'worse' : 'not told apart',
    })),
  };
}

/** Replaces a schema that an earlier version wrote; any other file needs `force`. */
async function writeSchema(path: string, force: boolean): Promise<void> {
  const before = await readFile(path, 'utf8').catch(() => undefined);
  const isOurs = before?.includes(`"title": "${CONFIG_SCHEMA_TITLE}"`) ?? false;
  await writeFileAtomic(path, `${JSON.stringify(configJsonSchema(), null, 2)}\n`, { force: force || isOurs });
}
