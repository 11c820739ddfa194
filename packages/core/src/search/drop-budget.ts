// Whether a loss of accuracy can be afforded, with a margin for what a limited number of samples can tell.
import { type MetricReading, randomGroupsError } from '../metrics/grouped-metric.ts';
import { type Interval, studentQuantile } from '../metrics/statistics.ts';

/** How much worse a model is than another on the same samples; negative where it is better. */
export interface Drop {
  readonly value: number;
  /** Two-sided at 95 %; null where the samples were too few to tell. */
  readonly interval: Interval | null;
  /** Standard error; null likewise. */
  readonly error: number | null;
  readonly degrees: number;
}

/** Measures a drop between two readings of one metric over the same batches. */
export function measureDrop(before: MetricReading, after: MetricReading, higherIsBetter: boolean): Drop {
  const worsening = (from: number, to: number): number => (higherIsBetter ? from - to : to - from);
  const value = worsening(before.value, after.value);
  const losses = before.groups.map((each, i) => worsening(each, after.groups[i]!));
  const error = randomGroupsError(losses);
  const degrees = losses.length - 1;
  if (error === null) return { value, interval: null, error, degrees: 0 };
  const reach = studentQuantile(0.975, degrees) * error;
  return { value, interval: [value - reach, value + reach], error, degrees };
}

/** The most that the drop is at a one-sided confidence in [0.5, 1); the drop itself where nothing more is known. */
export function worstDrop({ value, error, degrees }: Drop, confidence: number): number {
  return error === null ? value : value + studentQuantile(confidence, degrees) * error;
}
