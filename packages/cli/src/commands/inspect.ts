// `espalier inspect`: what a model consists of, where its cost lies and what can be pruned.
import { createOrtEngine, makeFeeds, profileOperators } from '@espalier/node';
import { describeModel } from '../describe/describe-model.ts';
import { formatInspect } from '../report/inspect-report.ts';
import { analyseModel } from './analyse.ts';
import type { RunCommand } from './command.ts';

/** Runs the command. */
export const runInspect: RunCommand<'inspect'> = async (context) => {
  const { options, terminal } = context;
  const path = context.arguments[0]!;
  const engine = createOrtEngine();
  const analysis = await analyseModel(path, context, engine);
  if (options.profile) terminal.progress('measuring operators');
  const profile = options.profile
    ? await profileOperators(engine, analysis.traced.model, makeFeeds(analysis.traced, 0))
    : undefined;
  const document = describeModel(analysis, profile);
  return { document, lines: formatInspect(document, path, terminal.paint) };
};
