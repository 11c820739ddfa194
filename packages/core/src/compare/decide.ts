// Which of several models to take: the Pareto set of what counts, a score for each, and one pick by a rule that can be said in a sentence.
import { DECISION_MEASURES, type DecisionMeasure, type PickRule } from './decision-names.ts';
import { findDominators, type Respect } from './pareto.ts';
import {
  type Candidate,
  type DecisionWeights,
  type Gains,
  gainsOf,
  type Measured,
  meanSpeedup,
  scoreOf,
} from './score.ts';

/** How to decide. */
export interface DecisionOptions {
  readonly weights: DecisionWeights;
  /**
   * `weighted`: the highest score. `fastest`: the highest speed-up among those whose drop surely stays within `maxDrop`; of equally fast ones the one that loses less.
   * `knee`: see {@link findKnee}. What still ties goes to the candidate that comes first.
   */
  readonly rule: PickRule;
  /** The most that the metric may lose, in its unit; at least 0. */
  readonly maxDrop: number;
}

/** How one candidate stands. */
export interface Standing {
  readonly gains: Gains;
  readonly score: number;
  /** Whether its drop surely stays within what is allowed; true where nothing was judged. */
  readonly isWithinDrop: boolean;
  /** Why it is not in the Pareto set: the first member that dominates it; null for members. */
  readonly behind: {
    readonly candidate: number;
    /** Whether it is better in something by more than both intervals leave open. */
    readonly clear: boolean;
  } | null;
}

/** What came of it. */
export interface Decision {
  /** In the order of the candidates. */
  readonly standings: readonly Standing[];
  /** Index of the candidate that the rule picks. */
  readonly pick: number;
}

/**
 * Decides between candidates, the original first. The Pareto set is that of all respects with a weight above 0: the drop, the speed-up on every device of its own, the
 * size, the memory, by value: intervals decide nothing, but a candidate that is behind only by noise is told as one.
 */
export function decide(
  candidates: readonly Candidate[],
  { weights, rule, maxDrop }: DecisionOptions,
): Decision {
  const original = candidates[0]!;
  const respects = respectsOf(original, weights);
  const dominators = findDominators(candidates, respects);
  const standings = candidates.map((candidate, index): Standing => {
    const gains = gainsOf(candidate, original, maxDrop);
    const dominator = dominators[index]!;
    return {
      gains,
      score: scoreOf(gains, weights),
      isWithinDrop: (candidate.drop?.worst ?? 0) <= maxDrop,
      behind:
        dominator === null
          ? null
          : { candidate: dominator, clear: isClear(candidates[dominator]!, candidate, respects) },
    };
  });
  return { standings, pick: pickBy(rule, candidates, standings, weights) };
}

function pickBy(
  rule: PickRule,
  candidates: readonly Candidate[],
  standings: readonly Standing[],
  weights: DecisionWeights,
): number {
  const all = [...candidates.keys()];
  switch (rule) {
    case 'weighted':
      return firstBest(all, (i) => [standings[i]!.score]);
    case 'fastest':
      return firstBest(
        all.filter((i) => standings[i]!.isWithinDrop),
        (i) => [meanSpeedup(candidates[i]!), -(candidates[i]!.drop?.value ?? 0)],
      );
    case 'knee': {
      const members = all.filter((i) => standings[i]!.behind === null);
      const costs = members.map((i) => costsOf(candidates[i]!));
      return members[findKnee(costs, weights)]!;
    }
  }
}

/** What a candidate costs in each respect; lower is better. */
export type DecisionCosts = Readonly<Record<DecisionMeasure, number>>;

/**
 * The index of the knee of a front: each cost is scaled from 0, the least on the front, to 1, the most, and the least weighted sum wins. With two costs that
 * is the point farthest from the line through the front's ends (Normal-Boundary Intersection, 1998; On Characterizing the "Knee" of the Pareto Curve, 1999).
 */
export function findKnee(front: readonly DecisionCosts[], weights: DecisionWeights): number {
  const scales = DECISION_MEASURES.filter((measure) => weights[measure] > 0).map((measure) => {
    const costs = front.map((point) => point[measure]);
    const [low, high] = [Math.min(...costs), Math.max(...costs)];
    return { measure, low, range: high - low };
  });
  return firstBest([...front.keys()], (i) => [
    -scales.reduce((sum, { measure, low, range }) => {
      const scaled = range === 0 ? 0 : (front[i]![measure] - low) / range;
      return sum + weights[measure] * scaled;
    }, 0),
  ]);
}

function costsOf(candidate: Candidate): DecisionCosts {
  const { drop, bytes, memoryBytes } = candidate;
  return {
    accuracy: drop?.value ?? 0,
    latency: 1 / meanSpeedup(candidate),
    size: bytes,
    memory: memoryBytes,
  };
}

/** A respect with what is known of how sure its numbers are. */
interface MeasuredRespect extends Respect<Candidate> {
  readonly measuredOf: (candidate: Candidate) => Measured;
}

function respectsOf({ drop, speedups }: Candidate, weights: DecisionWeights): readonly MeasuredRespect[] {
  const respect = (
    better: MeasuredRespect['better'],
    measuredOf: MeasuredRespect['measuredOf'],
  ): MeasuredRespect => ({
    better,
    measuredOf,
    numberOf: (candidate) => measuredOf(candidate).value,
  });
  const exact = (value: number): Measured => ({ value, interval: [value, value] });
  const byMeasure: Readonly<Record<DecisionMeasure, readonly MeasuredRespect[]>> = {
    accuracy: drop === undefined ? [] : [respect('lower', (candidate) => candidate.drop!)],
    latency: speedups.map((_, device) => respect('higher', (candidate) => candidate.speedups[device]!)),
    size: [respect('lower', ({ bytes }) => exact(bytes))],
    memory: [respect('lower', ({ memoryBytes }) => exact(memoryBytes))],
  };
  return DECISION_MEASURES.flatMap((measure) => (weights[measure] > 0 ? byMeasure[measure] : []));
}

/** Whether one is better in something by more than both intervals leave open. */
function isClear(one: Candidate, other: Candidate, respects: readonly MeasuredRespect[]): boolean {
  return respects.some(({ better, measuredOf }) => {
    const [mine, its] = [measuredOf(one).interval, measuredOf(other).interval];
    if (mine === null || its === null) return false;
    return better === 'higher' ? mine[0] > its[1] : mine[1] < its[0];
  });
}

/** The index whose list of numbers is highest, first numbers first; the earliest of equals. */
function firstBest(indices: readonly number[], ranksOf: (index: number) => readonly number[]): number {
  return indices.reduce((best, index) => {
    const [mine, its] = [ranksOf(index), ranksOf(best)];
    const at = mine.findIndex((rank, i) => rank !== its[i]);
    return at >= 0 && mine[at]! > its[at]! ? index : best;
  });
}
