// A metric that also knows how far to trust itself, whatever it measures: the batches are dealt out to some groups, and the spread of the
// groups' own values tells the error of the whole (random groups; Introduction to Variance Estimation, 1985).
import type { ClassReading, Metric } from './metric.ts';
import { mean } from './statistics.ts';

/** Groups that batches are dealt out to. */
export const RANDOM_GROUPS = 10;

/** A metric over everything, and over each group of batches alone. */
export interface GroupedMetric<Truth> extends Metric<Truth> {
  reading(): MetricReading;
  /** The same of each class that occurs, by class index; undefined of metrics that know no classes. */
  classReadings(): ReadonlyMap<number, ClassReadings> | undefined;
}

/** What a metric says so far. */
export interface MetricReading {
  /** Over everything. */
  readonly value: number;
  /** Of each group that has seen a batch. */
  readonly groups: readonly number[];
}

/** What a metric says of one class so far. */
export interface ClassReadings extends ClassReading {
  /** Of each group that has seen a batch; null where the class does not occur in it. */
  readonly groups: readonly (number | null)[];
}

/** Wraps a metric: batch i goes to group i mod `groups`. Two of them that see the same batches deal them out alike. */
export function createGroupedMetric<Truth>(
  create: () => Metric<Truth>,
  groups = RANDOM_GROUPS,
): GroupedMetric<Truth> {
  const whole = create();
  const parts: Metric<Truth>[] = [];
  let seen = 0;
  return {
    name: whole.name,
    higherIsBetter: whole.higherIsBetter,
    add(batch, truth) {
      whole.add(batch, truth);
      const at = seen++ % groups;
      const part = parts[at] ?? create();
      parts[at] = part;
      part.add(batch, truth);
    },
    result: () => whole.result(),
    ...(whole.classes && { classes: () => whole.classes!() }),
    reading: () => ({
      value: whole.result()[whole.name]!,
      groups: parts.map((part) => part.result()[part.name]!),
    }),
    classReadings() {
      const classes = whole.classes?.();
      if (!classes) return undefined;
      const each = parts.map((part) => part.classes!());
      return new Map(
        [...classes].map(([index, reading]) => [
          index,
          { ...reading, groups: each.map((own) => own.get(index)?.value ?? null) },
        ]),
      );
    },
  };
}

/** Standard error of the mean of independent groups; null for fewer than two, or where one of them has no number. */
export function randomGroupsError(values: readonly number[]): number | null {
  if (values.length < 2 || values.some((value) => !Number.isFinite(value))) return null;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
