// What the numbers of a cut do not say by themselves: whether the speed is what the MACs promise, and what to try next.
import { DEFAULT_CRITERION, EspalierError, type ModelTask, TARGET_TOLERANCE } from '@espalier/core';
import { usualCriterion } from '@espalier/node';
import { remarkOnSpeed } from '../describe/remark-on-speed.ts';
import type { PruneDocument } from '../documents/prune-document.ts';
import { formatCommandLine } from '../options/command-line.ts';
import type { OptionName, OptionsFor } from '../options/options.ts';
import { foldList } from '../output/fold-list.ts';
import { formatPercent } from '../output/units.ts';
import type { CommandContext } from './command.ts';

/** What is known when advice is asked for. */
export interface FinishedCut extends Pick<PruneDocument, 'layers' | 'latency'> {
  /** Fraction of the MACs kept. */
  readonly macs: number;
  /** Fraction of the parameters kept. */
  readonly params: number;
  /** Fraction of the channels that can go which went. */
  readonly removedChannels: number;
  /** What widths are multiples of; undefined where a plan or a latency says what is cut. */
  readonly step?: number;
  readonly path: string;
  /** What the model is for. */
  readonly task: ModelTask;
  /** Where the model was written; undefined when it was not. */
  readonly output: string | undefined;
  readonly options: OptionsFor<'prune'>;
  readonly sources: CommandContext<'prune'>['sources'];
}

/** Sentences on a missed target, on a criterion that does not suit the model and on a speed-up that is not as promised, and the command that makes sense now. */
export function adviseAfterCut(cut: FinishedCut): Pick<PruneDocument, 'remarks' | 'next'> {
  const { remarks, next } = adviseOnSpeed(cut);
  return { remarks: [...remarkOnTarget(cut), ...remarkOnCriterion(cut), ...remarks], next };
}

/** Why widths in multiples of what a device computes in steps cut nothing at all; undefined where channels went. Kind target: `latency.no-cut`. */
export function nothingWent({
  removedChannels,
  step = 1,
  options,
}: Pick<FinishedCut, 'removedChannels' | 'step' | 'options'>): EspalierError | undefined {
  if (removedChannels > 0 || options.roundTo !== 'auto') return undefined;
  const finer = step > 1 ? `, or name a finer step such as --round-to ${step / 2}` : '';
  return new EspalierError({
    kind: 'target',
    code: 'latency.no-cut',
    message: `Nothing was cut: at widths in multiples of ${step}, the step of this device, the whole model comes nearest to the target.`,
    hint: `Cut more${finer}.`,
  });
}

/** Widths in multiples, capped layers and layers that stay whole can keep a result away from its target. */
function remarkOnTarget({ options, step = 1, ...cut }: FinishedCut): readonly string[] {
  const { roundTo, maxRatio, ignore } = options;
  if (options.plan !== undefined || options.latency !== undefined) return [];
  const targets = [
    ['macs', 'of the MACs are kept', options.macs, cut.macs],
    ['params', 'of the parameters are kept', options.params, cut.params],
    ['ratio', 'of the channels that can go were removed', options.ratio, cut.removedChannels],
  ] as const;
  const limits = [
    ...(roundTo === 'auto' ? [`--round-to auto (here ${step})`] : []),
    ...(roundTo !== 'auto' && roundTo > 1 ? [`--round-to ${roundTo}`] : []),
    `--max-ratio ${maxRatio}`,
    ...ignore.map((pattern) => `--ignore '${pattern}'`),
  ];
  return targets.flatMap(([name, measure, target, reached]) =>
    target === undefined || Math.abs(reached - target) <= TARGET_TOLERANCE
      ? []
      : [
          `The target was missed: ${formatPercent(reached)} ${measure}, not the ${formatPercent(target)} of --${name} ${target}. Cuts go by whole channels, within ${foldList(limits, limits.length)}.`,
        ],
  );
}

/** Searches have pictures and score by them where that is better; a cut by scores may have none, and must be told. */
function remarkOnCriterion({ options, task }: FinishedCut): readonly string[] {
  const { plan, criterion, data, calibrationData = data } = options;
  const usual = usualCriterion(task);
  if (plan !== undefined || criterion !== undefined || usual === DEFAULT_CRITERION) return [];
  const flags = `--criterion ${usual}${calibrationData === undefined ? ' --data DATA' : ''}`;
  return [
    `Scores of weights alone give away channels that a detector cannot do without: ${flags} looks at pictures too.`,
  ];
}

function adviseOnSpeed(cut: FinishedCut): Pick<PruneDocument, 'remarks' | 'next'> {
  const { macs, path, output, options, latency, layers } = cut;
  const isFree = options.plan === undefined && options.latency === undefined;
  const roundTo = isFree ? options.roundTo : undefined;
  const { remarks, block } = remarkOnSpeed({ macs, latency, layers, roundTo });
  if (block !== undefined) {
    const again = { ...typed(cut), roundTo: block, force: true };
    return { remarks: [...remarks], next: formatCommandLine('prune', [path], again) };
  }
  const usual = options.data === undefined ? evaluate(cut) : refine(cut);
  return { remarks: [...remarks], next: output === undefined ? null : usual };
}

function evaluate({ path, output = '' }: FinishedCut): string {
  return `${formatCommandLine('eval', [output], { reference: path })} --data DATA`;
}

/** With data at hand the accuracy is known, and training is what can still raise it. */
function refine(cut: FinishedCut): string {
  const { path, output = '' } = cut;
  const { data, calibrationData = data, dataFormat, recordShape, split } = typed(cut);
  const { labels, preprocess, task, layout } = typed(cut);
  return formatCommandLine('finetune', [output], {
    ...{ teacher: path, data: calibrationData },
    ...{ dataFormat, recordShape, split, labels, preprocess, task, layout },
  });
}

/** Options from flags: the config file and the environment will speak for themselves again. */
function typed({ options, sources }: FinishedCut): Readonly<Partial<Record<OptionName, unknown>>> {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => sources[name as OptionName] === 'flag'),
  );
}
