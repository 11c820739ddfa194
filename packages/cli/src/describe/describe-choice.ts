// A decision in words: the rule, the formula of the score, and what should be known of the pick.
import {
  type Candidate,
  DECISION_MEASURES,
  type Decision,
  type DecisionMeasure,
  type DecisionOptions,
  type Measured,
} from '@espalier/core';
import { formatFactor, formatPercent } from '../output/units.ts';

/** What a decision was made by. */
export interface ChoiceFacts extends DecisionOptions {
  readonly confidence: number;
  /** What is judged by; null where nothing was. */
  readonly metric: string | null;
  /** Names of the devices, in the order of the speed-ups. */
  readonly devices: readonly string[];
}

/** The rule as the end of a sentence that begins with the pick: `the fastest whose top1 …`. */
export function describeRule({ rule, metric, maxDrop, confidence }: ChoiceFacts): string {
  switch (rule) {
    case 'weighted':
      return 'the highest score';
    case 'fastest':
      return metric === null
        ? 'the fastest'
        : `the fastest that loses at most ${formatAmount(maxDrop)} of ${metric} at ${formatPercent(confidence)} confidence`;
    case 'knee':
      return 'the knee of the Pareto set: the least weighted sum of what counts, each scaled from 0, the best in the set, to 1, the worst';
  }
}

/** `(2^(-drop / 0.01))^0.5 x speed-up^0.5`: see `scoreOf`. */
export function describeFormula({ weights, maxDrop, devices }: ChoiceFacts): string {
  const terms: Readonly<Record<DecisionMeasure, string>> = {
    accuracy: maxDrop === 0 ? '(0 where there is a drop)' : `(2^(-drop / ${formatAmount(maxDrop)}))`,
    latency: devices.length > 1 ? '(geometric mean of the speed-ups)' : 'speed-up',
    size: '(original size / size)',
    memory: '(original memory / memory)',
  };
  const counted = DECISION_MEASURES.filter((measure) => weights[measure] > 0);
  const total = counted.reduce((sum, measure) => sum + weights[measure], 0);
  return counted
    .map((measure) => {
      const power = weights[measure] / total;
      return power === 1 ? terms[measure] : `${terms[measure]}^${formatAmount(power)}`;
    })
    .join(' x ');
}

/** Sentences on the pick: where it is slower, what is as fast and loses less, and that it is the original. */
export function remarkOnPick(
  candidates: readonly Candidate[],
  { standings, pick }: Decision,
  { rule, devices }: Pick<ChoiceFacts, 'rule' | 'devices'>,
): readonly string[] {
  const picked = candidates[pick]!;
  const slower = picked.speedups.flatMap(({ value, interval }, i) =>
    interval !== null && interval[1] < 1
      ? [`On ${devices[i]} ${picked.name} is slower than the original: ${formatFactor(value)} as fast.`]
      : [],
  );
  const gentler =
    rule === 'fastest'
      ? candidates.filter(
          (each, i) =>
            standings[i]!.isWithinDrop &&
            (each.drop?.value ?? 0) < (picked.drop?.value ?? 0) &&
            each.speedups.every((speedup, device) => meet(speedup, picked.speedups[device]!)),
        )
      : [];
  const [gentlest] = gentler.toSorted((a, b) => a.drop!.value - b.drop!.value);
  return [
    ...(pick === 0 ? ['By this rule nothing is better than the original.'] : []),
    ...slower,
    ...(gentlest ? [`As far as the measurement can tell ${gentlest.name} is as fast, and loses less.`] : []),
  ];
}

/** Whether two intervals have something in common. */
function meet({ interval: one }: Measured, { interval: other }: Measured): boolean {
  return one === null || other === null || (one[0] <= other[1] && other[0] <= one[1]);
}

/** Up to three digits, without trailing zeros. */
function formatAmount(amount: number): string {
  return String(Number(amount.toPrecision(3)));
}
