// What `run` asks of the search, from its options and the preset they may name.
import { resolve } from 'node:path';
import {
  type CriterionName,
  EspalierError,
  parseLayerRates,
  type SearchRecovery,
  type SearchStrategy,
} from '@espalier/core';
import {
  cacheFile,
  chooseProbeWorkers,
  createOrtEngine,
  type ModelFile,
  type SearchOptions,
} from '@espalier/node';
import { given } from '../options/given.ts';
import type { OptionName } from '../options/options.ts';
import { parseDuration } from '../options/parse-duration.ts';
import { parseInputShapes } from './analyse.ts';
import type { CommandContext } from './command.ts';
import { mayCutBranches } from './cut-limits.ts';
import { settleRoundTo } from './latency-device.ts';
import { scoringOf } from './scoring.ts';
import { parseMeasures, parseRates, parseShare, parseTarget } from './search-values.ts';
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

/** Where a search is to end: at a target, or with its table. */
export type SearchAim = Pick<SearchOptions, 'target' | 'layerRates'>;

/** Reads where to. Errors, kind usage: `run.bad-target`; `run.layer-rates` where a table goes with something else. */
export function readAim({ options, sources }: Pick<Context, 'options' | 'sources'>): SearchAim {
  const { target, strategy, layerRates } = options;
  const isTable = strategy === 'layer-rates';
  if (layerRates === undefined && !isTable) return { target: parseTarget(target) };
  const refuse = (message: string, hint: string): EspalierError =>
    new EspalierError({ kind: 'usage', code: 'run.layer-rates', message, hint });
  if (layerRates === undefined) {
    throw refuse(
      'The strategy layer-rates needs a table of rates.',
      'Give one with --layer-rates, such as [0]+[.15]*2+[.4]*27.',
    );
  }
  if (target !== undefined) {
    throw refuse(
      `--layer-rates and --target ${target} cannot both say how much is cut.`,
      'Leave one of them out.',
    );
  }
  if (!isTable && sources.strategy !== undefined && sources.strategy !== 'default') {
    throw refuse(`--layer-rates does not go with --strategy ${strategy}.`, 'Leave --strategy out.');
  }
  return { layerRates: parseLayerRates(layerRates) };
}

/** The options as the search takes them; a preset gives way to what was said. */
export async function settleSearch(
  { arguments: [path], options, sources, terminal, signal }: Context,
  { target, layerRates }: SearchAim,
  file: ModelFile,
): Promise<Omit<SearchOptions, 'folder'>> {
  const preset: Partial<Preset> = options.preset === undefined ? {} : PRESETS[options.preset];
  const isSaid = (name: OptionName): boolean => sources[name] !== undefined && sources[name] !== 'default';
  const chosen = isSaid('strategy') ? options.strategy : (preset.strategy ?? options.strategy);
  const strategy = layerRates === undefined ? chosen : 'layer-rates';
  const criterion = options.criterion ?? preset.criterion;
  const method = options.recover ?? preset.recover ?? 'reconstruct';
  const { provider, threads, deterministic, maxRatio, ignore } = options;
  const engine = createOrtEngine();
  const roundTo = await settleRoundTo(options, engine, { terminal, signal });
  const rates = parseRates(options.rates);
  const maxDrop = parseShare('--max-drop', options.maxDrop);
  const precision = parseShare('--precision', options.precision);
  const cachePath = await cacheFile('formulations.json');
  return {
    engine,
    model: path!,
    inputShapes: parseInputShapes(options.inputShape),
    ...{ maxDrop, strategy, signal },
    ...given({ target, layerRates, scoreBy: parseMeasures(options.scoreBy) }),
    confidence: options.confidence,
    scoring: scoringOf({ ...options, criterion }),
    limits: { roundTo, maxRatio, ignore, branches: mayCutBranches(options, target?.measure === 'latency') },
    sensitivity: {
      ...{ mode: options.probing, precision, refine: options.refine },
      workers: deterministic ? 1 : (options.workers ?? chooseProbeWorkers(threads)),
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
      maxClassDrop:
        options.maxClassDrop === undefined ? undefined : parseShare('--max-class-drop', options.maxClassDrop),
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
  // Where times were measured is told by the fingerprint of the device.
  ...['devices', 'benchCommand', 'benchPattern', 'benchTimeout', 'latencyTable'],
  ...['host', 'port', 'token', 'https', 'cert', 'certKey'],
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
