// `espalier prune`: cut to a target, prove it, write it, and show what it changed.
import { basename, resolve } from 'node:path';
import { type Engine, EspalierError, encodedSize } from '@espalier/core';
import {
  type Analysis,
  type CriterionImages,
  createOrtEngine,
  findTask,
  follow,
  type LatencyPruning,
  type PipelineEvent,
  type Pruning,
  pruneAnalysis,
  pruneForLatency,
  stageFile,
  writeFileAtomic,
  writeModel,
} from '@espalier/node';
import { describeLatency, describeLatencyTarget, tooSlow } from '../describe/describe-latency-target.ts';
import { describeFile } from '../describe/describe-model.ts';
import { describeProof, failureOf } from '../describe/describe-proof.ts';
import type { PruneDocument } from '../documents/prune-document.ts';
import { formatPrune } from '../report/prune-report.ts';
import { analyseModel, showEvent } from './analyse.ts';
import type { CommandContext, CommandResult, RunCommand } from './command.ts';
import { mayCutBranches } from './cut-limits.ts';
import { type Elsewhere, openElsewhere } from './elsewhere.ts';
import { evaluateCut } from './evaluate.ts';
import { openKnownDevice, settleRoundTo } from './latency-device.ts';
import { compareLatency } from './measure.ts';
import { measureUntilSure } from './measure-until-sure.ts';
import { adviseAfterCut, nothingWent } from './prune-advice.ts';
import { checkRecovery, isRecovered, recoverPruning } from './prune-recovery.ts';
import { type PruneAim, readTarget } from './prune-target.ts';
import { findCriterionData, openCriterionImages, scoringOf } from './scoring.ts';

type Context = CommandContext<'prune'>;

/** Runs the command. A failed proof is its failure: then no model is written. */
export const runPrune: RunCommand<'prune'> = async (context) => {
  // First, so that a device can join while the model is looked at.
  const elsewhere = await openElsewhere(context);
  try {
    return await prune(context, elsewhere);
  } finally {
    await elsewhere?.close();
  }
};

async function prune(context: Context, elsewhere: Elsewhere | undefined): Promise<CommandResult> {
  const { options, sources, terminal } = context;
  const path = context.arguments[0]!;
  const output = options.output ?? `${basename(path, '.onnx')}-pruned.onnx`;
  const target = await readTarget(options, sources);
  checkRecovery(options);
  const data = target.plan ? undefined : findCriterionData(options);
  await checkOutputs(path, output, options);

  const engine = createOrtEngine();
  const analysis = await analyseModel(path, context, engine);
  const calibration =
    data === undefined ? undefined : await openCriterionImages(data, analysis, engine, context);
  const pruning = await makeCut(analysis, target, calibration, engine, context, elsewhere);
  const step = pruning.plan.made?.roundTo;
  const rounding = { removedChannels: pruning.removedChannels, ...(typeof step === 'number' && { step }) };
  const nothing = isFree(target) && !options.force ? nothingWent({ ...rounding, options }) : undefined;
  if (nothing) throw nothing;
  const proof = pruning.verification && describeProof(pruning.verification);
  const notProven = proof && failureOf(proof);
  // A cut that was to be fast is measured before it is written, any other one after that.
  const isForSpeed = options.roundTo === 'auto' && options.bench && !notProven;
  const early = pruning.latency
    ? describeLatency(pruning.latency)
    : isForSpeed
      ? await measureUntilSure(analysis, pruning.model, engine, context, elsewhere)
      : undefined;
  const failure = notProven ?? (options.force ? undefined : tooSlow(pruning.latency, early));
  const recovered = failure ? undefined : await recoverPruning(analysis, pruning, engine, context);
  const model = recovered?.model ?? pruning.model;
  const written = options.dryRun || failure ? undefined : await writeModel(output, model, options);
  const planPath = options.dryRun ? undefined : options.savePlan;
  if (planPath !== undefined) await writePlan(planPath, pruning, options.force);
  // From here on the result is safe: an interrupt costs only the measurements.
  const latency =
    early ??
    (options.bench && !failure
      ? await compareLatency(analysis, model, engine, context, elsewhere)
      : undefined);
  const made = recovered ? [model, pruning.model] : [model];
  const [effectBefore, effect, cutAlone] = failure ? [] : await evaluateCut(analysis, made, engine, context);

  const bytes = written?.bytes ?? encodedSize(model);
  const { before, after } = pruning;
  const kept = {
    macs: after.macs / before.macs,
    params: after.params / before.params,
    removedChannels: pruning.removedChannels,
  };
  const layers = pruning.plan.groups.map(({ root, channels, removed }) => ({
    node: root,
    channels,
    kept: channels - removed.length,
  }));
  const document: PruneDocument = {
    schema: 'espalier/prune@1',
    model: describeFile(analysis.file),
    output: written ? resolve(written.path) : null,
    plan: planPath === undefined ? null : resolve(planPath),
    made: { ...pruning.plan.made },
    metrics: {
      ...kept,
      bytes: bytes / analysis.file.bytes,
      ...(latency && { speedup: latency.models.at(-1)!.speedup.value }),
    },
    before: { ...before, bytes: analysis.file.bytes, ...effectBefore },
    after: { ...after, bytes, ...(effect?.accuracy && { accuracy: effect.accuracy }) },
    ...(effect?.agreement && { agreement: effect.agreement }),
    layers,
    ...(proof && { proof }),
    ...(recovered && { recovery: { ...recovered.recovery, cutAlone: { ...cutAlone } } }),
    ...(latency && { latency }),
    ...(pruning.latency && { latencyTarget: describeLatencyTarget(pruning.latency) }),
    ...adviseAfterCut({
      ...kept,
      ...rounding,
      path,
      task: findTask(analysis.traced, options.task).task,
      output: written && output,
      options,
      sources,
      layers,
      latency,
    }),
  };
  return { document, lines: formatPrune(document, terminal.paint), ...(failure && { failure }) };
}

/** Chooses and cuts, as the target asks. What was learned of the device on the way is kept. */
async function makeCut(
  analysis: Analysis,
  { latency, ...target }: PruneAim,
  calibration: CriterionImages | undefined,
  engine: Engine,
  { options, terminal, signal }: Context,
  elsewhere: Elsewhere | undefined,
): Promise<Pruning & Partial<LatencyPruning>> {
  const show = (event: PipelineEvent): void => showEvent(event, terminal);
  const shared = {
    ...limitsOf(options, latency !== undefined),
    engine,
    signal,
    ...(calibration && { calibration }),
  };
  if (latency === undefined) {
    const roundTo = target.plan ? 1 : await settleRoundTo(options, engine, { terminal, signal }, elsewhere);
    return follow(pruneAnalysis(analysis, { ...shared, ...target, roundTo }), show);
  }
  const { device, table, save } = await openKnownDevice(options, engine, elsewhere);
  const { latencyMethod: method } = options;
  const aim = { device, target: latency, method, onLearned: save, ...(table && { table }) };
  return follow(pruneForLatency(analysis, { ...shared, ...aim }), show);
}

/** Whether widths are chosen by scores and limits alone. */
function isFree({ plan, latency }: PruneAim): boolean {
  return plan === undefined && latency === undefined;
}

/** The options the pipeline knows, without the target and what widths are multiples of. */
function limitsOf(options: Context['options'], isForLatency: boolean) {
  const { maxRatio, ignore, verify } = options;
  // Recovery cannot fit again what a layer that has become very narrow has lost: then every layer gives the same share.
  const ranking = options.ranking ?? (isRecovered(options) ? 'local' : undefined);
  return {
    ...scoringOf(options),
    ...{ maxRatio, ignore, verify, branches: mayCutBranches(options, isForLatency) },
    ...(ranking !== undefined && { ranking }),
  };
}

/** Finds out before the work whether its results can be written. */
async function checkOutputs(
  path: string,
  output: string,
  { dryRun, force, savePlan }: Context['options'],
): Promise<void> {
  if (resolve(path) === resolve(output)) {
    throw new EspalierError({
      kind: 'usage',
      code: 'prune.same-file',
      message: `The pruned model cannot replace the original ${path}.`,
      hint: 'Choose another name with -o: the original is needed to prove the cut.',
    });
  }
  if (dryRun) return;
  for (const file of savePlan === undefined ? [output] : [output, savePlan]) {
    const staged = await stageFile(file, '', { force });
    await staged.discard();
  }
}

async function writePlan(path: string, { plan }: Pruning, force: boolean): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(plan, null, 2)}\n`, { force });
}
