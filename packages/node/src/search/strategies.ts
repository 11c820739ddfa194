// What to cut next: each strategy looks at the current model and proposes a cut that can be weakened when it proves too much.
import {
  type Coupling,
  choosePlan,
  cutGroups,
  exponentAt,
  fitRates,
  groupName,
  type KeepMask,
  type Limiter,
  listPrunableGroups,
  type Pick,
  type PlanLimits,
  prepareLimits,
  type SearchStrategy,
  type SelectionOptions,
  type Sensitivity,
  scaleRates,
  selectGroups,
} from '@espalier/core';
import type { Analysis } from '../pipeline/analyse-file.ts';

/** The part of the original's cost that is to be left. */
export interface SearchTarget {
  readonly measure: 'macs' | 'params';
  /** Above 0 and below 1. */
  readonly kept: number;
}

/** What a strategy decides on. */
export interface Situation {
  readonly analysis: Analysis;
  readonly scores: Float64Array;
  readonly limits: PlanLimits;
  /** Cuts accepted so far. */
  readonly iteration: number;
  /** Cost that the current model must not fall below, in units of the measure. */
  readonly measure: SearchTarget['measure'];
  readonly least: number;
  /** Only for strategies that need one: see {@link needsSensitivity}. */
  readonly sensitivity?: Sensitivity;
  readonly counts?: SelectionOptions['counts'];
  readonly exponents?: readonly number[];
}

/** A cut that may be weakened. */
export interface Proposal {
  /** Groups and rates at full strength, where the strategy thinks in those. */
  readonly picks: readonly Pick[];
  /** The choice at a strength above 0 and up to 1. */
  at(strength: number): KeepMask;
}

/** Share of the present cost that a progressive step removes. */
const PROGRESSIVE_STEP = 0.1;

/** Whether a strategy looks at sensitivity curves. */
export const needsSensitivity = (strategy: SearchStrategy): boolean => strategy === 'iterative';

/** Whether a strategy goes all the way in one cut. */
export const isSingle = (strategy: SearchStrategy): boolean =>
  strategy === 'one-shot' || strategy === 'uniform';

/** The next cut; undefined when the strategy finds none. Errors: those of `choosePlan`. */
export function propose(strategy: SearchStrategy, situation: Situation): Proposal | undefined {
  if (strategy === 'iterative') return proposeGroups(situation);
  const { analysis, scores, limits, measure, least } = situation;
  const { traced, coupling, cost } = analysis;
  const goal = least / cost.original[measure];
  const kept = isSingle(strategy) ? goal : Math.max(goal, 1 - PROGRESSIVE_STEP);
  if (kept >= 1) return undefined;
  const ranking = strategy === 'uniform' ? 'local' : 'global';
  return {
    picks: [],
    at: (strength) =>
      choosePlan(traced, coupling, cost, scores, {
        ...limits,
        ranking,
        [measure]: 1 - strength * (1 - kept),
      }).keep,
  };
}

function proposeGroups({
  analysis,
  scores,
  limits,
  iteration,
  sensitivity,
  ...rest
}: Situation): Proposal | undefined {
  const { traced, coupling, cost } = analysis;
  const { counts, exponents, measure, least } = rest;
  const limiter: Limiter = prepareLimits(traced, coupling, scores, limits);
  const groups = new Map(
    listPrunableGroups(traced, coupling, limiter).map((group) => [groupName(group), group.group]),
  );
  const picks = selectGroups(sensitivity!, {
    exponent: exponentAt(iteration, exponents),
    ...(counts && { counts }),
  }).filter(({ group }) => groups.has(groupName(group)));
  if (picks.length === 0) return undefined;
  const wished = new Map(picks.map(({ group, point }) => [groups.get(groupName(group))!, point.rate]));
  const rates = fitRates(coupling, scores, limiter, cost, wished, { measure, least });
  return { picks, at: (strength) => cutGroups(coupling, scores, limiter, scaleRates(rates, strength)) };
}

/** The groups that a choice takes channels from. */
export function changedGroups({ groups }: Coupling, keep: KeepMask): ReadonlySet<number> {
  return new Set(groups.filter(({ classes }) => classes.some((id) => keep[id] === 0)).map(({ id }) => id));
}
