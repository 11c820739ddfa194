// `espalier eval`: the accuracy of a model on labelled data, and its agreement with another model.
import { EspalierError } from '@espalier/core';
import { createOrtEngine, readModel } from '@espalier/node';
import { describeFile } from '../describe/describe-model.ts';
import type { EvalDocument } from '../documents/eval-document.ts';
import { formatEval } from '../report/eval-report.ts';
import type { RunCommand } from './command.ts';
import { evaluateOn } from './evaluate.ts';

/** Runs the command. */
export const runEval: RunCommand<'eval'> = async (context) => {
  const { options, terminal } = context;
  if (options.data === undefined) {
    throw new EspalierError({
      kind: 'usage',
      code: 'eval.no-data',
      message: 'There are no data to evaluate on.',
      hint: 'Give a folder or a file with --data.',
    });
  }
  const file = await readModel(context.arguments[0]!);
  const reference = options.reference === undefined ? undefined : await readModel(options.reference);
  const models = reference ? [reference.model, file.model] : [file.model];
  const { metrics, agreement, ...about } = await evaluateOn(options.data, models, createOrtEngine(), context);
  const document: EvalDocument = {
    schema: 'espalier/eval@1',
    model: describeFile(file),
    ...(reference && { reference: describeFile(reference) }),
    ...about,
    metrics: { ...metrics.at(-1), ...prefixed('agreement.', agreement.at(-1)!) },
  };
  return { document, lines: formatEval(document, terminal.paint) };
};

function prefixed(prefix: string, metrics: EvalDocument['metrics']): EvalDocument['metrics'] {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [prefix + name, value]));
}
