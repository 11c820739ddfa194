// Which accuracy budget so many samples can decide: one that is smaller than the error of a measured drop refuses every cut.
import { RANDOM_GROUPS } from '../metrics/grouped-metric.ts';
import { studentQuantile } from '../metrics/statistics.ts';

/** What a budget is fitted to. */
export interface BudgetFacts {
  /** Samples that models are judged by. */
  readonly samples: number;
  /** Standard deviation of one sample's drop: how much a cut changes what a single sample adds to the metric. */
  readonly spread: number;
  /** Part of the budget that the first cut may spend, above 0 and up to 1; default 0.5. */
  readonly stepShare?: number;
}

/** A budget, with what it rests on. */
export interface FittedBudget {
  /** A multiple of half a point. */
  readonly maxDrop: number;
  /** One-sided, in [0.5, 1). */
  readonly confidence: number;
  /** How far a measured drop may be from the true one at 90 %, one-sided. */
  readonly margin: number;
  /** False where the samples cannot even decide the largest budget: then a drop is to be taken as it is measured. */
  readonly decidable: boolean;
}

/** What people ask for where the samples allow it, and the most that is proposed. */
const USUAL_DROP = 0.01;
const LARGEST_DROP = 0.03;

const LEVELS = [0.9, 0.8, 0.7] as const;

/** The smallest budget, at the highest level of confidence, with which a cut that costs nothing would be accepted. */
export function fitBudget({ samples, spread, stepShare = 0.5 }: BudgetFacts): FittedBudget {
  const reach = (confidence: number): number =>
    (studentQuantile(confidence, RANDOM_GROUPS - 1) * spread) / Math.sqrt(samples);
  const margin = reach(LEVELS[0]);
  for (const confidence of LEVELS) {
    const halfPoints = Math.ceil((reach(confidence) / stepShare) * 200 - 1e-9);
    const maxDrop = Math.max(USUAL_DROP, halfPoints / 200);
    if (maxDrop <= LARGEST_DROP) return { maxDrop, confidence, margin, decidable: true };
  }
  return { maxDrop: LARGEST_DROP, confidence: 0.5, margin, decidable: false };
}
