// `espalier bench`: latency of one model or several side by side.
import { basename } from 'node:path';
import {
  boundLayer,
  countTensorBytes,
  findDenormals,
  flushDenormals,
  groupBy,
  type Roofline,
} from '@espalier/core';
import {
  type Analysis,
  createLocalDevice,
  createOrtEngine,
  makeFeeds,
  measureMemory,
  measureRoofline,
  type OperatorTime,
  profileOperators,
} from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import type { BenchDocument } from '../documents/bench-document.ts';
import type { LatencyField } from '../documents/latency-field.ts';
import { given } from '../options/given.ts';
import { formatBench } from '../report/bench-report.ts';
import { analyseModel } from './analyse.ts';
import type { CommandContext, CommandResult, RunCommand } from './command.ts';
import { type Elsewhere, openElsewhere } from './elsewhere.ts';
import { measureAt, type NamedModel, timingOf } from './measure.ts';

type BenchedModel = BenchDocument['models'][number];

/** Runs the command. */
export const runBench: RunCommand<'bench'> = async (context) => {
  // First, so that a device can join while the models are looked at.
  const elsewhere = await openElsewhere(context);
  try {
    return await benchModels(context, elsewhere);
  } finally {
    await elsewhere?.close();
  }
};

async function benchModels(
  context: CommandContext<'bench'>,
  elsewhere: Elsewhere | undefined,
): Promise<CommandResult> {
  const { options, terminal, signal } = context;
  const { seed, provider, threads } = options;
  const engine = createOrtEngine();
  const placement = given({ provider, threads });
  const analyses: Analysis[] = [];
  for (const path of context.arguments) analyses.push(await analyseModel(path, context, engine));
  // All models get the input of the first: a comparison over different inputs would say nothing.
  const feeds = makeFeeds(analyses[0]!.traced, seed);
  const names = nameModels(context.arguments);
  const timing = timingOf(context);
  const device = await elsewhere?.device();
  const measure = (models: readonly NamedModel[]): Promise<LatencyField> =>
    measureAt({ device, engine, ...placement }, models, analyses[0]!.traced, timing, terminal);
  const subjects = analyses.map(({ file }, i) => ({ name: names[i]!, model: file.model }));
  const latency = await measure(subjects);
  const size = analyses[0]!.traced.sizes[0]!;
  const roofline = options.profile
    ? await measureRoofline(await createLocalDevice({ engine, ...placement }), signal)
    : undefined;
  const models: BenchDocument['models'] = [];
  for (const [i, analysis] of analyses.entries()) {
    const { file, cost } = analysis;
    const denormals = await priceDenormals(subjects[i]!, measure);
    if (options.memory && !device) terminal.progress(`measuring the memory of ${names[i]}`);
    const memory =
      options.memory && !device ? await measureMemory(file.path, { ...placement, size, signal }) : undefined;
    const isPlaced = !device && provider !== 'cpu';
    if (roofline || isPlaced) terminal.progress(`measuring operators of ${names[i]}`);
    const rows =
      roofline || isPlaced ? (await profileOperators(engine, file.model, feeds, placement)).rows : undefined;
    models.push({
      ...describeFile(file),
      macs: cost.original.macs,
      weightBytes: countTensorBytes(file.model.graph),
      ...(memory && { memory: { ...memory } }),
      ...(denormals && { denormals }),
      ...(rows && isPlaced && { placement: sumByProvider(rows) }),
      ...(rows && roofline && { profile: describeProfile(analysis, rows, roofline) }),
    });
  }
  const last = latency.models.at(-1)!;
  const document: BenchDocument = {
    schema: 'espalier/bench@1',
    models,
    metrics: {
      medianMs: last.medianMs.value,
      speedup: last.speedup.value,
      macsRatio: models.at(-1)!.macs / models[0]!.macs,
    },
    latency,
    ...(roofline && { roofline: { ...roofline } }),
  };
  return { document, lines: formatBench(document, terminal.paint) };
}

/** What the denormal weights of a model cost: it is measured beside itself with zeros in their place. Undefined where it has none. */
async function priceDenormals(
  { name, model }: NamedModel,
  measure: (models: readonly NamedModel[]) => Promise<LatencyField>,
): Promise<BenchedModel['denormals']> {
  const tensors = findDenormals(model);
  if (tensors.length === 0) return undefined;
  const { models } = await measure([
    { name, model },
    { name: `${name} without denormals`, model: flushDenormals(model) },
  ]);
  const { medianMs, speedup } = models[1]!;
  const count = tensors.reduce((sum, tensor) => sum + tensor.count, 0);
  return { count, tensors: tensors.map((tensor) => ({ ...tensor })), medianMs, speedup };
}

/** Where the time goes, operator by operator; layers with what bounds them. */
function describeProfile(
  { traced, cost }: Analysis,
  rows: readonly OperatorTime[],
  roofline: Roofline,
): NonNullable<BenchedModel['profile']> {
  const bounds = new Map(cost.layers().map((layer) => [layer.name, boundLayer(traced, layer, roofline)]));
  return rows.map(({ opType, ...row }) => {
    const bound = row.node === undefined ? undefined : bounds.get(row.node);
    return { ...row, operator: opType, ...(bound && { bound }) };
  });
}

/** How many kernels each provider ran, and their part of the time. */
export function sumByProvider(
  rows: readonly Pick<OperatorTime, 'provider' | 'share'>[],
): NonNullable<BenchedModel['placement']> {
  return [...groupBy(rows, ({ provider }) => provider)].map(([provider, kernels]) => ({
    provider,
    kernels: kernels.length,
    share: kernels.reduce((sum, { share }) => sum + share, 0),
  }));
}

/** File names, or whole paths where two are the same. */
export function nameModels(paths: readonly string[]): readonly string[] {
  const names = paths.map((path) => basename(path));
  return new Set(names).size === names.length ? names : paths;
}
