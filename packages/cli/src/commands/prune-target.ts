// Which target `prune` aims at: the one from the strongest source, read from its file where it is one.
import { EspalierError, type LayerRates, type Plan, type PlanTarget, parseLayerRates } from '@espalier/core';
import { type LatencyTarget, readPlanFile, readTextFile } from '@espalier/node';
import { parse } from 'yaml';
import { flagName } from '../options/option-row.ts';
import { type OptionsFor, options as rows } from '../options/options.ts';
import type { Source } from '../options/resolve-options.ts';
import type { CommandContext } from './command.ts';
import { parseLatencyTarget } from './latency-device.ts';

const TARGETS = ['macs', 'params', 'ratio', 'latency', 'layerRatios', 'layerRates', 'plan'] as const;
type Target = (typeof TARGETS)[number];

const STRENGTH: readonly Source[] = ['default', 'config', 'environment', 'flag'];

/**
 * Names the target: a flag overrides a target of another kind in the config file. Errors, kind usage: `prune.no-target`,
 * `prune.clashing-targets` when one source names several.
 */
export function pickTarget(
  values: Pick<OptionsFor<'prune'>, Target>,
  sources: CommandContext<'prune'>['sources'],
): Target {
  const flags = TARGETS.map((target) => flagName(target, rows[target])).join(', ');
  const given = TARGETS.filter((target) => values[target] !== undefined);
  const strength = (target: Target): number => STRENGTH.indexOf(sources[target] ?? 'default');
  const strongest = Math.max(...given.map(strength));
  const [target, second] = given.filter((name) => strength(name) === strongest);
  if (target !== undefined && second === undefined) return target;
  if (target === undefined) {
    throw new EspalierError({
      kind: 'usage',
      code: 'prune.no-target',
      message: 'Nothing says how much to prune.',
      hint: `Give one of ${flags}; --macs 0.6 keeps 60 % of the multiply-accumulates.`,
    });
  }
  throw new EspalierError({
    kind: 'usage',
    code: 'prune.clashing-targets',
    message: `${flagName(target, rows[target])} and ${flagName(second!, rows[second!])} cannot both be the target.`,
    hint: `Give one of ${flags}.`,
  });
}

/** What `prune` aims at; one of all. */
export interface PruneAim extends PlanTarget {
  readonly latency?: LatencyTarget;
  readonly layerRates?: LayerRates;
  readonly plan?: Plan;
}

/** The target as the pipeline takes it. Errors: those of {@link pickTarget}, `io.read-failed`, `prune.bad-ratios`, `run.layer-rates`, `latency.bad-target`, and those of `readPlanFile`. */
export async function readTarget(
  values: Pick<OptionsFor<'prune'>, Target>,
  sources: CommandContext<'prune'>['sources'],
): Promise<PruneAim> {
  const target = pickTarget(values, sources);
  switch (target) {
    case 'plan':
      return { plan: await readPlanFile(values.plan!) };
    case 'latency':
      return { latency: parseLatencyTarget(values.latency!) };
    case 'layerRatios':
      return { layerRatios: await readRatios(values.layerRatios!) };
    case 'layerRates':
      return { layerRates: parseLayerRates(values.layerRates!) };
    default:
      return { [target]: values[target] };
  }
}

/** A mapping from node names to fractions, or a list of fractions. */
async function readRatios(path: string): Promise<NonNullable<PlanTarget['layerRatios']>> {
  const text = await readTextFile(path);
  let content: unknown;
  try {
    content = parse(text);
  } catch {
    content = undefined;
  }
  const isRatio = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < 1;
  if (typeof content === 'object' && content !== null && Object.values(content).every(isRatio)) {
    return content as NonNullable<PlanTarget['layerRatios']>;
  }
  throw new EspalierError({
    kind: 'usage',
    code: 'prune.bad-ratios',
    message: `The file ${path} holds no layer ratios.`,
    hint: 'Write one line per layer, such as `conv1_out: 0.3`, with the fraction removed, at least 0 and below 1.',
  });
}
