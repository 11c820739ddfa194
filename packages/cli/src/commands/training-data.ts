// The data that are learned from and judged by, as the flags say: what `finetune`, `train` and `run` share.
import { type FinetuneOptions, loadMetric } from '@espalier/node';
import { given } from '../options/given.ts';
import type { CommandContext } from './command.ts';
import { datasetOptions, readPreprocess } from './data-source.ts';

/** The data of a training, and of its evaluation, as the pipeline takes them; `--data` must be there. */
export async function trainingDataOf(
  options: (CommandContext<'finetune'> | CommandContext<'train'> | CommandContext<'run'>)['options'],
): Promise<Pick<FinetuneOptions, 'data'> & Required<Pick<FinetuneOptions, 'evaluation'>>> {
  const preprocess = options.preprocess === undefined ? undefined : await readPreprocess(options.preprocess);
  const createMetric = options.metric === undefined ? undefined : await loadMetric(options.metric);
  return {
    data: given({
      path: options.data!,
      dataset: datasetOptions(options),
      limit: options.limit,
      preprocess,
      augment: options.augment,
      task: options.task,
      batch: options.batch,
      seed: options.seed,
      workers: options.workers,
    }),
    evaluation: given({
      path: options.evalData,
      split: options.evalSplit,
      share: options.holdout,
      limit: options.evalLimit,
      layout: options.layout,
      createMetric,
    }),
  };
}
