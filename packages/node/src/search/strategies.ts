// What to cut next: each strategy looks at the current model and proposes a cut that can be weakened when it proves too much.
import {
  assignRates,
  type Coupling,
  choosePlan,
  cutGroups,
  EspalierError,
  exponentAt,
  fitRates,
  groupName,
  type KeepMask,
  type LayerRates,
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
export interface CostTarget {
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
  readonly measure: CostTarget['measure'];
  readonly least: number;
  /** For the strategy of that name alone. */
  readonly layerRates?: LayerRates;
  /** Only for strategies that need one: see {@link needsSensitivity}. */
  readonly sensitivity?: Sensitivity;
  readonly measures?: SelectionOptions['measures'];
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
  strategy === 'one-shot' || strategy === 'uniform' || strategy === 'layer-rates';

/** The next cut; undefined when the strategy finds none. Errors: those of `choosePlan` and `assignRates`, for the first cut. */
export function propose(strategy: SearchStrategy, situation: Situation): Proposal | undefined {
  if (strategy === 'iterative') return proposeGroups(situation);
  const { analysis, scores, limits, iteration, measure, least, layerRates = {} } = situation;
  if (strategy === 'layer-rates') return proposeTable(analysis, scores, limits, layerRates);
  const { traced, coupling, cost } = analysis;
  const goal = least / cost.original[measure];
  const kept = isSingle(strategy) ? goal : Math.max(goal, 1 - PROGRESSIVE_STEP);
  if (kept >= 1) return undefined;
  const ranking = strategy === 'uniform' ? 'local' : 'global';
  const at = (strength: number): KeepMask =>
    choosePlan(traced, coupling, cost, scores, {
      ...limits,
      ranking,
      [measure]: 1 - strength * (1 - kept),
    }).keep;
  try {
    at(1);
  } catch (error) {
    // Later on there are results, which an error would lose.
    if (iteration === 0 || !(error instanceof EspalierError) || error.kind !== 'target') throw error;
    return undefined;
  }
  return { picks: [], at };
}

function proposeTable(
  { traced, coupling }: Analysis,
  scores: Float64Array,
  limits: PlanLimits,
  layerRates: LayerRates,
): Proposal | undefined {
  const limiter = prepareLimits(traced, coupling, scores, limits);
  const rates = assignRates(traced, coupling, limiter, layerRates);
  if (rates.size === 0) return undefined;
  return {
    picks: [],
    at: (strength) => cutGroups(coupling, scores, limiter, scaleRates(rates, strength)),
  };
}

/** What a table leaves of the multiply-accumulates: where a search by it ends. Errors: those of `assignRates`. */
export function targetOfTable(analysis: Analysis, limits: PlanLimits, layerRates: LayerRates): CostTarget {
  const { coupling, cost } = analysis;
  // How much is left depends on how many channels go, and hardly on which.
  const scores = new Float64Array(coupling.classes.length);
  const proposal = proposeTable(analysis, scores, limits, layerRates);
  const left = proposal ? cost.totals(proposal.at(1)) : cost.original;
  return { measure: 'macs', kept: left.macs / cost.original.macs };
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
  const { measures, counts, exponents, measure, least } = rest;
  const limiter: Limiter = prepareLimits(traced, coupling, scores, limits);
  const groups = new Map(
    listPrunableGroups(traced, coupling, limiter).map((group) => [groupName(group), group.group]),
  );
  const picks = selectGroups(sensitivity!, {
    exponent: exponentAt(iteration, exponents),
    ...(measures && { measures }),
    ...(counts && { counts }),
  }).filter(({ group }) => groups.has(groupName(group)));
  const cut = (rates: Rates): KeepMask => cutGroups(coupling, scores, limiter, rates);
  const groupOf = ({ group }: Pick): number => groups.get(groupName(group))!;
  const ratesOf = (some: readonly Pick[]): Rates =>
    new Map(some.map((pick) => [groupOf(pick), pick.point.rate]));
  // Near the target one channel of every group can be too much. Then fewer are cut, those last that were picked for what is asked.
  const ranked = [
    ...picks.filter((pick) => pick.measure === measure),
    ...picks.filter((pick) => pick.measure !== measure),
  ];
  for (let count = ranked.length; count > 0; count--) {
    const chosen = ranked.slice(0, count);
    const rates = fitRates(coupling, scores, limiter, cost, ratesOf(chosen), { measure, least });
    if (changedGroups(coupling, cut(rates)).size > 0) {
      const staying = (strength: number): Rates =>
        withoutWorst(rates, chosen, countDropped(strength), groupOf);
      return { picks: chosen, at: (strength) => cut(scaleRates(staying(strength), strength)) };
    }
  }
  const [best] = ranked;
  const last = best && leastCut(cut, coupling, groupOf(best), best.group.channels);
  return last && { picks: [best], at: () => last };
}

/** Picks that a try leaves out: none at full and at half strength, one more at every further halving. */
function countDropped(strength: number): number {
  return Math.max(0, Math.floor(-Math.log2(strength)) - 1);
}

/** The rates without those of the picks whose own drops are worst; one pick always stays. */
function withoutWorst(
  rates: Rates,
  picks: readonly Pick[],
  count: number,
  groupOf: (pick: Pick) => number,
): Rates {
  const byDrop = [...picks].sort((a, b) => b.point.drop - a.point.drop);
  const gone = new Set(byDrop.slice(0, Math.min(count, picks.length - 1)).map(groupOf));
  return new Map([...rates].filter(([group]) => !gone.has(group)));
}

/** By index into `coupling.groups`. */
type Rates = ReadonlyMap<number, number>;

/** The smallest cut of a group: where even that goes beyond the target, it is what reaches it. */
function leastCut(
  cut: (rates: Rates) => KeepMask,
  coupling: Coupling,
  group: number,
  channels: number,
): KeepMask | undefined {
  for (let removed = 1; removed < channels; removed++) {
    const keep = cut(new Map([[group, removed / channels]]));
    if (changedGroups(coupling, keep).size > 0) return keep;
  }
  return undefined;
}

/** The groups that a choice takes channels from. */
export function changedGroups({ groups }: Coupling, keep: KeepMask): ReadonlySet<number> {
  return new Set(groups.filter(({ classes }) => classes.some((id) => keep[id] === 0)).map(({ id }) => id));
}
