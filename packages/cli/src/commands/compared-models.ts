// The models that `compare` looks at: the steps of a run with the accuracies of its journal, or files, evaluated where there are data.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, EspalierError, type SearchStep } from '@espalier/core';
import { type Analysis, readRun, type SearchRun } from '@espalier/node';
import { startOf } from '../describe/describe-run.ts';
import { nameStep } from '../describe/describe-run-facts.ts';
import { shortPath } from '../output/short-path.ts';
import { analyseModel } from './analyse.ts';
import { nameModels } from './bench.ts';
import type { CommandContext } from './command.ts';
import { judgeOn, type Reading } from './evaluate.ts';
import { findRun } from './find-run.ts';

type Context = CommandContext<'compare'>;

/** One of them. */
export interface ComparedModel {
  readonly name: string;
  /** Of a run. */
  readonly step?: number;
  readonly analysis: Analysis;
  /** Absent where nothing was judged. */
  readonly reading?: Reading;
}

/** All of them. */
export interface ComparedModels {
  /** At least two, the original first. */
  readonly models: readonly ComparedModel[];
  /** The run they are steps of. */
  readonly run?: SearchRun;
  /** What the numbers do not say by themselves, as sentences. */
  readonly remarks: readonly string[];
}

/**
 * Finds and analyses them. Errors, kind usage: `compare.no-candidates` where there is nothing beside an original, `compare.not-a-search` for a training,
 * `compare.run-and-models`, `compare.other-inputs`; and those of {@link findRun}, of reading and of judging models.
 */
export async function gatherModels(context: Context, engine: Engine): Promise<ComparedModels> {
  const [first = '', ...others] = context.arguments;
  const isModel = /\.onnx$/i.test(first) || statSync(first, { throwIfNoEntry: false })?.isFile() === true;
  if (isModel) return gatherFiles([first, ...others], context, engine);
  const run = await readRun(await findRun(first));
  if (others.length > 0) {
    throw usageError(
      'compare.run-and-models',
      `The steps of ${first} are compared with each other, and with nothing else such as ${others[0]}.`,
      'Name one run, or only models; `espalier runs compare` compares runs.',
    );
  }
  if (run.kind === 'training') {
    throw usageError(
      'compare.not-a-search',
      `${first} is a training: it has no steps to choose from.`,
      'Name the models: `espalier compare ORIGINAL.onnx OTHERS... --data PATH`.',
    );
  }
  return gatherSteps(run, context, engine);
}

async function gatherSteps(run: SearchRun, context: Context, engine: Engine): Promise<ComparedModels> {
  const { steps } = run.search;
  const name = shortPath(run.path);
  const pathOf = ({ model }: SearchStep): string => join(run.path, model);
  const kept = steps.filter((step) => existsSync(pathOf(step)));
  const lost = steps.filter((step) => !kept.includes(step));
  if (kept[0]?.step !== 0 || kept.length < 2) {
    const hint =
      lost.length > 0
        ? 'The models of its steps were not kept.'
        : 'A run has steps once a cut was accepted: see `espalier runs show`.';
    throw usageError(
      'compare.no-candidates',
      `There is nothing to compare in ${name} but the original.`,
      hint,
    );
  }
  const asked = (startOf(run).options?.inputShape ?? []) as readonly string[];
  const inputShape = context.options.inputShape.length > 0 ? context.options.inputShape : asked;
  const models: ComparedModel[] = [];
  for (const step of kept) {
    const analysis = await analyseModel(pathOf(step), { ...context, options: { inputShape } }, engine);
    models.push({ name: nameStep(step.step), step: step.step, analysis, reading: step.judgement });
  }
  const numbers = lost.map(({ step }) => step).join(', ');
  return {
    models,
    run,
    remarks: [
      ...(lost.length > 0 ? [`Not compared, as their models were not kept: steps ${numbers}.`] : []),
      ...(run.standing.state === 'running' ? [`${name} is still running: there may be more steps.`] : []),
      ...(context.sources.data === 'flag'
        ? ['--data was not looked at: a run has judged its steps itself.']
        : []),
    ],
  };
}

async function gatherFiles(
  paths: readonly string[],
  context: Context,
  engine: Engine,
): Promise<ComparedModels> {
  if (paths.length < 2) {
    throw usageError(
      'compare.no-candidates',
      `There is nothing to compare ${paths[0]} with.`,
      'Name the models that were made of it too, or a run.',
    );
  }
  const names = nameModels(paths);
  const analyses: Analysis[] = [];
  for (const path of paths) {
    const analysis = await analyseModel(path, context, engine);
    checkInputs(path, analysis, paths[0]!, analyses[0] ?? analysis);
    analyses.push(analysis);
  }
  const { data } = context.options;
  const models = analyses.map(({ file }) => file.model);
  const judged = data === undefined ? undefined : await judgeOn(data, models, engine, context);
  return {
    models: analyses.map((analysis, i) => ({
      name: names[i]!,
      analysis,
      ...(judged && { reading: judged.readings[i]! }),
    })),
    remarks: judged ? [] : ['Nothing tells how accurate the models are: give labelled data with --data.'],
  };
}

function checkInputs(
  path: string,
  { traced }: Analysis,
  original: string,
  { traced: first }: Analysis,
): void {
  const [size, wanted] = [traced, first].map(({ sizes }) => JSON.stringify(sizes[0]));
  if (size === wanted) return;
  throw usageError(
    'compare.other-inputs',
    `${path} takes other inputs than ${original}: ${size} instead of ${wanted}.`,
    "Compare models that can take each other's place; --input-shape fixes open sizes.",
  );
}

function usageError(code: string, message: string, hint: string): EspalierError {
  return new EspalierError({ kind: 'usage', code, message, hint });
}
