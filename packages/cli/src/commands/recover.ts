// `espalier recalibrate` and `espalier reconstruct`: a pruned file corrected on pictures, without labels.
import { basename, resolve } from 'node:path';
import { EspalierError } from '@espalier/core';
import {
  createOrtEngine,
  follow,
  openDataset,
  type RecoveryMethod,
  readPlanFile,
  recoverFile,
  stageFile,
  writeModel,
} from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import { describeRecovery, meanErrors } from '../describe/describe-recovery.ts';
import type { RecoverDocument } from '../documents/recover-document.ts';
import { formatCommandLine } from '../options/command-line.ts';
import { DONE, formatRecover } from '../report/recovery-report.ts';
import { analyseModel, showEvent } from './analyse.ts';
import type { CommandContext, CommandResult, RunCommand } from './command.ts';
import { datasetOptions, readPreprocess, typedDataFlags } from './data-source.ts';

type Context = CommandContext<'recalibrate'> | CommandContext<'reconstruct'>;

/** Runs `recalibrate`. */
export const runRecalibrate: RunCommand<'recalibrate'> = (context) => recover('recalibrate', context);

/** Runs `reconstruct`. */
export const runReconstruct: RunCommand<'reconstruct'> = (context) => recover('reconstruct', context);

async function recover(method: RecoveryMethod, context: Context): Promise<CommandResult> {
  const { options, terminal, signal } = context;
  const path = context.arguments[0]!;
  const required = <Name extends 'original' | 'plan' | 'data'>(name: Name): string =>
    options[name] ?? refuseMissing(method, name);
  const [originalPath, planPath, data] = [required('original'), required('plan'), required('data')];
  const output = options.output ?? `${basename(path, '.onnx')}-${DONE[method]}.onnx`;
  await checkOutput(output, [path, originalPath], options.force);

  const plan = await readPlanFile(planPath);
  const dataset = await openDataset(data, datasetOptions(options));
  terminal.log(`data: ${dataset.description}`);
  const engine = createOrtEngine();
  const analysis = await analyseModel(originalPath, context, engine);
  const start = performance.now();
  const recovered = await follow(
    recoverFile(analysis, path, plan, {
      ...{ method, engine, dataset, signal },
      ...('seed' in options && { seed: options.seed }),
      ...(options.calibration !== undefined && { samples: options.calibration }),
      ...(options.preprocess !== undefined && { preprocess: await readPreprocess(options.preprocess) }),
    }),
    (event) => showEvent(event, terminal),
  );
  const recovery = describeRecovery(recovered, (performance.now() - start) / 1000);
  const written = await writeModel(output, recovered.model, options);
  const document: RecoverDocument = {
    schema: `espalier/${method}@1`,
    model: describeFile(analysis.file),
    pruned: resolve(path),
    output: resolve(written.path),
    metrics: meanErrors(recovery),
    recovery,
    next: formatCommandLine('eval', [output], {
      ...typedDataFlags(context),
      ...{ reference: originalPath, data },
    }),
  };
  return { document, lines: formatRecover(document, terminal.paint) };
}

/** Finds out before the work whether its result can be written. */
async function checkOutput(output: string, inputs: readonly string[], force: boolean): Promise<void> {
  const same = inputs.find((path) => resolve(path) === resolve(output));
  if (same !== undefined) {
    throw new EspalierError({
      kind: 'usage',
      code: 'recovery.same-file',
      message: `The recovered model cannot replace ${same}.`,
      hint: 'Choose another name with -o.',
    });
  }
  const staged = await stageFile(output, '', { force });
  await staged.discard();
}

const WHY = {
  original: 'the model that was pruned, with --original MODEL',
  plan: 'the plan of the cut, with --plan FILE; `espalier prune --save-plan FILE` writes it',
  data: 'a folder or a file of pictures, with --data PATH; labels are not needed',
} as const;

function refuseMissing(method: RecoveryMethod, name: keyof typeof WHY): never {
  throw new EspalierError({
    kind: 'usage',
    code: `recovery.no-${name}`,
    message: `${method} needs --${name}.`,
    hint: `Give ${WHY[name]}.`,
  });
}
