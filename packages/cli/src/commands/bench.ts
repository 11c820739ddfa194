// `espalier bench`: latency of one model or several side by side.
import { basename } from 'node:path';
import { boundLayer, type Engine, type NdArray, type Roofline } from '@espalier/core';
import {
  type Analysis,
  createLocalDevice,
  createOrtEngine,
  makeFeeds,
  measureRoofline,
  type ProfileOptions,
  profileOperators,
} from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import type { BenchDocument } from '../documents/bench-document.ts';
import { formatBench } from '../report/bench-report.ts';
import { analyseModel } from './analyse.ts';
import type { CommandContext, CommandResult, RunCommand } from './command.ts';
import { deviceModels, type Elsewhere, openElsewhere } from './elsewhere.ts';
import { measureModels, measureOn, timingOf } from './measure.ts';

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
  const placement = { provider, ...(threads !== undefined && { threads }) };
  const analyses = [];
  for (const path of context.arguments) analyses.push(await analyseModel(path, context, engine));
  // All models get the input of the first: a comparison over different inputs would say nothing.
  const feeds = makeFeeds(analyses[0]!.traced, seed);
  const names = nameModels(context.arguments);
  const timing = timingOf(context);
  const latency = elsewhere
    ? await measureOn(await elsewhere.device(), deviceModels(analyses, names), timing, terminal)
    : await measureModels(
        engine,
        analyses.map(({ file }, i) => ({ name: names[i]!, model: file.model })),
        feeds,
        { ...placement, ...timing },
        terminal,
      );
  const models: BenchDocument['models'] = [];
  const roofline = options.profile
    ? await measureRoofline(await createLocalDevice({ engine, ...placement }), signal)
    : undefined;
  for (const analysis of analyses) {
    const { file, cost } = analysis;
    const model = { ...describeFile(file), macs: cost.original.macs };
    if (roofline) terminal.progress(`measuring operators of ${basename(file.path)}`);
    const profile = roofline && (await profileLayers(analysis, roofline, engine, feeds, placement));
    models.push({ ...model, ...(profile && { profile }) });
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

/** Where the time goes, operator by operator; layers with what bounds them. */
async function profileLayers(
  { file, traced, cost }: Analysis,
  roofline: Roofline,
  engine: Engine,
  feeds: Readonly<Record<string, NdArray>>,
  placement: ProfileOptions,
): Promise<NonNullable<BenchDocument['models'][number]['profile']>> {
  const bounds = new Map(cost.layers().map((layer) => [layer.name, boundLayer(traced, layer, roofline)]));
  const { rows } = await profileOperators(engine, file.model, feeds, placement);
  return rows.map(({ opType, ...row }) => {
    const bound = row.node === undefined ? undefined : bounds.get(row.node);
    return { ...row, operator: opType, ...(bound && { bound }) };
  });
}

/** File names, or whole paths where two are the same. */
export function nameModels(paths: readonly string[]): readonly string[] {
  const names = paths.map((path) => basename(path));
  return new Set(names).size === names.length ? names : paths;
}
