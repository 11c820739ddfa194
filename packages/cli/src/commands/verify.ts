// `espalier verify`: proves a cut from its three files.
import { resolve } from 'node:path';
import { EspalierError } from '@espalier/core';
import { createOrtEngine, follow, readPlanFile, verifyFile } from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import { describeProof, failureOf } from '../describe/describe-proof.ts';
import type { VerifyDocument } from '../documents/verify-document.ts';
import { formatProof } from '../report/proof-report.ts';
import { analyseModel, showEvent } from './analyse.ts';
import type { RunCommand } from './command.ts';

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
    verifyFile(analysis, pruned!, plan, { engine, originalPath: original!, seed: options.seed, signal }),
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
