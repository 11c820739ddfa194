// The main job on an analysed model: score, choose, cut, prove. Nothing is written.
import {
  assignRates,
  type Cost,
  choosePlan,
  cutGroups,
  cutModel,
  DEFAULT_CRITERION,
  type Engine,
  EspalierError,
  flushDenormals,
  type KeepMask,
  keepOf,
  type LayerRates,
  type Model,
  makePlan,
  matchesPattern,
  nodeId,
  type Plan,
  type PlanLimits,
  type PlanTarget,
  prepareLimits,
  suggestName,
  type Verification,
  verifyCut,
} from '@espalier/core';
import type { Analysis } from './analyse-file.ts';
import type { PipelineEvent } from './events.ts';
import { type ScoreOptions, scoreAnalysis } from './score-analysis.ts';

/** How a model is pruned: exactly one target, a table of rates, or a plan. */
export interface PruneOptions extends PlanTarget, PlanLimits, ScoreOptions {
  readonly engine: Engine;
  /** Share that each group loses; no other target is then looked at. */
  readonly layerRates?: LayerRates;
  /** A plan made before; target, limits and scores are then not looked at. */
  readonly plan?: Plan;
  /** As `choosePlan` takes it. */
  readonly ranking?: 'global' | 'local';
  /** Whether the cut is proven, default true. */
  readonly verify?: boolean;
}

/** A finished cut. */
export interface Pruning {
  readonly plan: Plan;
  readonly model: Model;
  readonly before: Cost;
  readonly after: Cost;
  /** Fraction of the channels that can go which went. */
  readonly removedChannels: number;
  /** Absent when the proof was skipped. A failed proof is an outcome, not an error: look before you write the model. */
  readonly verification?: Verification;
}

/**
 * Prunes an analysed model. Errors: `plan.unknown-layer` (usage) for a pattern to ignore that matches nothing, those of
 * `scoreClasses`, `choosePlan`, `assignRates`, `keepOf` and `cutModel`.
 */
export async function* pruneAnalysis(
  analysis: Analysis,
  options: PruneOptions,
): AsyncGenerator<PipelineEvent, Pruning> {
  const { traced, coupling, file } = analysis;
  const foreign = options.plan?.model !== undefined && options.plan.model !== file.sha256;
  if (foreign) yield { type: 'note', text: 'The plan was made for another file; it is applied by name.' };
  const keep = options.plan
    ? keepOf(traced, coupling, options.plan)
    : yield* chooseClasses(analysis, options);

  const made = options.plan ? options.plan.made : describeChoice(options);
  return yield* cutAndProve(analysis, keep, made, options);
}

/** Cuts to a choice of classes, sets denormal weights to zero, and proves both against the original as it is, unless told not to. Errors: those of `cutModel`. */
export async function* cutAndProve(
  { traced, coupling, cost, file }: Analysis,
  keep: KeepMask,
  made: Plan['made'],
  { engine, seed, signal, verify = true }: Pick<PruneOptions, 'engine' | 'seed' | 'signal' | 'verify'>,
): AsyncGenerator<PipelineEvent, Pruning> {
  yield { type: 'step', step: 'cut' };
  signal?.throwIfAborted();
  const model = flushDenormals(await cutModel(traced, coupling, keep, engine));
  const plan = makePlan(traced, coupling, keep, { model: file.sha256, ...(made && { made }) });
  const cuttable = coupling.classes.filter((c) => c.frozen < 0);
  const result = {
    plan,
    model,
    before: cost.original,
    after: cost.totals(keep),
    removedChannels: cuttable.filter((c) => keep[c.id] === 0).length / cuttable.length,
  };
  if (!verify) return result;

  yield { type: 'step', step: 'verify' };
  const verification = await verifyCut(traced, coupling, keep, plan.cuts, model, engine, {
    ...(seed !== undefined && { seed }),
    ...(signal && { signal }),
  });
  return { ...result, verification };
}

async function* chooseClasses(
  analysis: Analysis,
  options: PruneOptions,
): AsyncGenerator<PipelineEvent, Uint8Array> {
  checkIgnored(analysis, options.ignore ?? []);
  const scores = yield* scoreAnalysis(analysis, options);
  yield { type: 'step', step: 'plan' };
  const { traced, coupling, cost } = analysis;
  if (options.layerRates === undefined) return choosePlan(traced, coupling, cost, scores, options).keep;
  const limiter = prepareLimits(traced, coupling, scores, options);
  return cutGroups(coupling, scores, limiter, assignRates(traced, coupling, limiter, options.layerRates));
}

/** Refuses a pattern that matches nothing: a slip that would cut what was to stay whole. Error: `plan.unknown-layer` (usage). */
export function checkIgnored({ traced, coupling }: Analysis, patterns: readonly string[]): void {
  const layers = new Set(coupling.uses.filter((use) => use.kernel).map((use) => traced.nodes[use.node]!));
  const names = [...layers].flatMap((node) => [nodeId(node), ...(node.name ? [node.name] : [])]);
  const idle = patterns.find((pattern) => !names.some((name) => matchesPattern(pattern, name)));
  if (idle === undefined) return;
  const near = suggestName(idle, names);
  throw new EspalierError({
    kind: 'usage',
    code: 'plan.unknown-layer',
    message: `The pattern '${idle}' to ignore matches no layer.`,
    hint: `${near === undefined ? '' : `Did you mean '${near}'? `}\`espalier inspect\` lists the layers.`,
  });
}

/** What plans call a criterion, by default FSCL. */
export function nameCriterion(criterion: ScoreOptions['criterion'] = DEFAULT_CRITERION): string {
  return typeof criterion === 'function' ? criterion.name || 'a function' : criterion;
}

/** What the plan tells people of its making. */
function describeChoice(options: PruneOptions): Plan['made'] {
  const { criterion, macs, params, ratio, layerRatios, layerRates } = options;
  const { roundTo, maxRatio, ignore, branches, ranking } = options;
  const told = {
    ...{ macs, params, ratio, layerRatios, layerRates },
    ...{ roundTo, maxRatio, ignore, branches: branches || undefined, ranking },
  };
  return {
    criterion: nameCriterion(criterion),
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
  };
}
