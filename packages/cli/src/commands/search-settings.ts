// What `run` asks of the search, from its options and the preset they may name.
import { resolve } from 'node:path';
import type { CriterionName, SearchRecovery, SearchStrategy } from '@espalier/core';
import { cacheFile, createOrtEngine, type ModelFile, type SearchOptions } from '@espalier/node';
import { given } from '../options/given.ts';
import type { OptionName } from '../options/options.ts';
import { parseDuration } from '../options/parse-duration.ts';
import { parseInputShapes } from './analyse.ts';
import type { CommandContext } from './command.ts';
import { scoringOf } from './scoring.ts';
import { parseRates, parseShare } from './search-values.ts';
import { trainingDataOf } from './training-data.ts';

type Context = CommandContext<'run'>;

/** What a paper does where nothing else is said. */
interface Preset {
  readonly strategy: SearchStrategy;
  readonly criterion: CriterionName;
  readonly recover: SearchRecovery;
}

const PRESETS: Readonly<Record<NonNullable<Context['options']['preset']>, Preset>> = {
  'concat-iterative': { strategy: 'iterative', criterion: 'l2', recover: 'finetune' },
  fscl: { strategy: 'one-shot', criterion: 'fscl', recover: 'finetune' },
};

/** The options as the search takes them; a preset gives way to what was said. */
export async function settleSearch(
  { arguments: [path], options, sources, signal }: Context,
  target: SearchOptions['target'],
  file: ModelFile,
): Promise<Omit<SearchOptions, 'folder'>> {
  const preset: Partial<Preset> = options.preset === undefined ? {} : PRESETS[options.preset];
  const isSaid = (name: OptionName): boolean => sources[name] !== undefined && sources[name] !== 'default';
  const strategy = isSaid('strategy') ? options.strategy : (preset.strategy ?? options.strategy);
  const criterion = isSaid('criterion') ? options.criterion : (preset.criterion ?? options.criterion);
  const method = options.recover ?? preset.recover ?? 'reconstruct';
  const { provider, threads, deterministic, roundTo, maxRatio, ignore } = options;
  const rates = parseRates(options.rates);
  const maxDrop = parseShare('--max-drop', options.maxDrop);
  const precision = parseShare('--precision', options.precision);
  const cachePath = await cacheFile('formulations.json');
  return {
    engine: createOrtEngine(),
    model: path!,
    inputShapes: parseInputShapes(options.inputShape),
    ...{ target, maxDrop, strategy, signal },
    confidence: options.confidence,
    scoring: { ...scoringOf(options), criterion },
    limits: { roundTo, maxRatio, ignore },
    sensitivity: {
      ...{ mode: options.probing, precision },
      ...given({ rates: rates.length > 0 ? rates : undefined, limit: options.probeLimit }),
    },
    training: {
      ...(await trainingDataOf(options)),
      deterministic,
      ...given({ cachePath, formulations: options.formulations }),
    },
    recovery: { method, epochs: options.epochs ?? 1 },
    finalEpochs: options.finalEpochs,
    iterations: options.iterations,
    keepModels: options.keepModels,
    load: given({ provider, threads: deterministic ? 1 : threads }),
    settings: settingsOf(options, file),
    ...given({
      stepShare: options.stepShare,
      seconds: options.time === undefined ? undefined : parseDuration('--time', options.time),
    }),
  };
}

/** Options that do not change what a run computes, or may differ when it is gone on with. */
const FREE: readonly string[] = [
  'config',
  'model',
  'json',
  'quiet',
  'workers',
  'threads',
  'output',
  'force',
  'bench',
  'runDir',
  'keepModels',
  'resume',
  'time',
  'iterations',
];

function settingsOf(options: Context['options'], { sha256 }: ModelFile): SearchOptions['settings'] {
  const { data, evalData } = options;
  const decisive = Object.entries(options).filter(
    ([name, value]) => value !== undefined && !FREE.includes(name),
  );
  return {
    ...{ model: sha256, ...Object.fromEntries(decisive) },
    ...given({
      data: data === undefined ? undefined : resolve(data),
      evalData: evalData === undefined ? undefined : resolve(evalData),
    }),
  };
}
