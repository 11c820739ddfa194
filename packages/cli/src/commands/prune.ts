// `espalier prune`: cut to a target, prove it, write it, and show what it changed.
import { basename, resolve } from 'node:path';
import { EspalierError, encodedSize } from '@espalier/core';
import {
  createOrtEngine,
  follow,
  type Pruning,
  pruneAnalysis,
  stageFile,
  writeFileAtomic,
  writeModel,
} from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import { describeProof, failureOf } from '../describe/describe-proof.ts';
import type { PruneDocument } from '../documents/prune-document.ts';
import { formatPrune } from '../report/prune-report.ts';
import { analyseModel, showEvent } from './analyse.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { evaluateCut } from './evaluate.ts';
import { compareLatency } from './measure.ts';
import { adviseAfterCut } from './prune-advice.ts';
import { checkRecovery, isRecovered, recoverPruning } from './prune-recovery.ts';
import { readTarget } from './prune-target.ts';
import { findCriterionData, openCriterionImages, scoringOf } from './scoring.ts';

type Context = CommandContext<'prune'>;

/** Runs the command. A failed proof is its failure: then no model is written. */
export const runPrune: RunCommand<'prune'> = async (context) => {
  const { options, sources, terminal, signal } = context;
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
  const pruning = await follow(
    pruneAnalysis(analysis, {
      ...limitsOf(options),
      ...target,
      engine,
      signal,
      ...(calibration && { calibration }),
    }),
    (event) => showEvent(event, terminal),
  );
  const proof = pruning.verification && describeProof(pruning.verification);
  const failure = proof && failureOf(proof);
  const recovered = failure ? undefined : await recoverPruning(analysis, pruning, engine, context);
  const model = recovered?.model ?? pruning.model;
  const written = options.dryRun || failure ? undefined : await writeModel(output, model, options);
  const planPath = options.dryRun ? undefined : options.savePlan;
  if (planPath !== undefined) await writePlan(planPath, pruning, options.force);
  // From here on the result is safe: an interrupt costs only the measurements.
  const latency =
    options.bench && !failure ? await compareLatency(analysis, model, engine, context) : undefined;
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
    ...adviseAfterCut({
      ...kept,
      path,
      output: written && output,
      options,
      sources,
      layers,
      latency,
    }),
  };
  return { document, lines: formatPrune(document, terminal.paint), ...(failure && { failure }) };
};

/** The options the pipeline knows, without the target. */
function limitsOf(options: Context['options']) {
  const { roundTo, maxRatio, ignore, verify } = options;
  // Recovery cannot fit again what a layer that has become very narrow has lost: then every layer gives the same share.
  const ranking = options.ranking ?? (isRecovered(options) ? 'local' : undefined);
  return {
    ...scoringOf(options),
    ...{ roundTo, maxRatio, ignore, verify },
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
