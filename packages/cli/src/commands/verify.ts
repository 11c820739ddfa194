// `espalier verify`: proves a cut from its three files.
import { resolve } from 'node:path';
import { type Engine, EspalierError } from '@espalier/core';
import {
  type Analysis,
  collectProofFeeds,
  createOrtEngine,
  follow,
  openDataset,
  openEvaluation,
  readPlanFile,
  verifyFile,
} from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import { describePreprocess } from '../describe/describe-preprocess.ts';
import { describeProof, failureOf } from '../describe/describe-proof.ts';
import type { VerifyDocument } from '../documents/verify-document.ts';
import { formatProof } from '../report/proof-report.ts';
import { analyseModel, showEvent } from './analyse.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { datasetOptions, readPreprocess } from './data-source.ts';

/** Runs the command. */
export const runVerify: RunCommand<'verify'> = async (context) => {
  const { options, terminal, signal } = context;
  const [original, pruned] = context.arguments;
  if (options.plan === undefined) {
    throw new EspalierError({
      kind: 'usage',
      code: 'verify.no-plan',
      message: 'The plan of the cut is missing.',
      hint: 'Give it with --plan FILE; `espalier prune --save-plan FILE` writes it.',
    });
  }
  const plan = await readPlanFile(options.plan);
  const engine = createOrtEngine();
  const analysis = await analyseModel(original!, context, engine);
  const verification = await follow(
    verifyFile(analysis, pruned!, plan, {
      engine,
      originalPath: original!,
      seed: options.seed,
      signal,
      ...(options.data !== undefined && { feeds: await readFeeds(options.data, analysis, engine, context) }),
    }),
    (event) => showEvent(event, terminal),
  );
  const proof = describeProof(verification);
  const document: VerifyDocument = {
    schema: 'espalier/verify@1',
    model: describeFile(analysis.file),
    pruned: resolve(pruned!),
    metrics: { deviation: proof.deviation },
    proof,
  };
  const failure = failureOf(proof);
  return { document, lines: formatProof(proof, terminal.paint), ...(failure && { failure }) };
};

/** Pictures of the user's, beside the random inputs of every proof. */
async function readFeeds(
  path: string,
  { file }: Analysis,
  engine: Engine,
  context: CommandContext<'verify'>,
) {
  const { options, terminal, signal } = context;
  const dataset = await openDataset(path, datasetOptions(options));
  terminal.log(`data: ${dataset.description}`);
  const open = await openEvaluation({
    engine,
    models: [file.model],
    dataset,
    ...(options.preprocess !== undefined && { preprocess: await readPreprocess(options.preprocess) }),
  });
  try {
    if (open.guess) terminal.log(`preprocessing: ${describePreprocess(open.preprocess)}`);
    return await collectProofFeeds(open, options.limit, signal);
  } finally {
    await open.close();
  }
}
