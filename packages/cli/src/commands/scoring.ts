// How channels are scored, as the flags say: what `score` and `prune` share, with the images for criteria that look at data.
import {
  CALIBRATION_IMAGES,
  type CriterionName,
  DEFAULT_CRITERION,
  type Engine,
  findCriterion,
  noData,
} from '@espalier/core';
import { type Analysis, type CriterionImages, openDataset, openEvaluation } from '@espalier/node';
import { describePreprocess } from '../describe/describe-preprocess.ts';
import { given } from '../options/given.ts';
import type { OptionsFor } from '../options/options.ts';
import type { CommandContext } from './command.ts';
import { datasetOptions, readPreprocess } from './data-source.ts';

type Context = CommandContext<'score'> | CommandContext<'prune'>;

/** The options that say how channels are scored. */
export type ScoringFlags = Pick<
  OptionsFor<'score'>,
  'criterion' | 'norm' | 'mode' | 'pairs' | 'reduction' | 'normalizer' | 'seed' | 'workers'
>;

/** The options of scoring as the pipeline takes them. */
export function scoringOf(options: ScoringFlags) {
  const { criterion, norm, mode, pairs, reduction, normalizer, seed, workers } = options;
  return { norm, mode, pairs, reduction, normalizer, seed, ...given({ criterion, workers }) };
}

/**
 * The data the criterion looks at, those for calibration before those for measuring; undefined where weights are enough for it. Error, kind
 * usage: `importance.no-data` when there are none.
 */
export function findCriterionData({
  criterion = DEFAULT_CRITERION,
  data,
  calibrationData = data,
}: {
  readonly criterion: CriterionName | undefined;
  readonly data: string | undefined;
  readonly calibrationData?: string | undefined;
}): string | undefined {
  if (findCriterion(criterion).needs === undefined) return undefined;
  if (calibrationData === undefined) throw noData(criterion);
  return calibrationData;
}

/** Opens the data at `path` for a criterion. */
export async function openCriterionImages(
  path: string,
  { file }: Analysis,
  engine: Engine,
  { options, terminal }: Context,
): Promise<CriterionImages> {
  const dataset = await openDataset(path, datasetOptions(options));
  const open = await openEvaluation({
    engine,
    models: [file.model],
    dataset,
    ...(options.preprocess !== undefined && { preprocess: await readPreprocess(options.preprocess) }),
  });
  await open.close();
  const images = Math.min(options.calibration ?? CALIBRATION_IMAGES, dataset.size);
  const prepared = open.guess ? `, ${describePreprocess(open.preprocess)}` : '';
  terminal.log(`calibration: ${images} images of ${dataset.description}${prepared}`);
  return { engine, dataset, preprocess: open.preprocess, images };
}
