// Whether one class pays for all: how much each class lost, and which may have lost most.
import type { ClassReadings } from '../metrics/grouped-metric.ts';
import { type Drop, measureDrop, worstDrop } from './drop-budget.ts';

/** Of fewer samples than this a class is not judged: a single answer is worth five points and more. */
export const LEAST_CLASS_SAMPLES = 20;

/** How much worse one class is recognised than by the original. */
export interface ClassDrop extends Pick<Drop, 'interval'> {
  readonly name: string;
  readonly samples: number;
  /** Negative where it is better. */
  readonly drop: number;
  /** The most that the drop is at the chosen confidence; the drop itself where the samples lie too close together to tell. */
  readonly worst: number;
}

/** What is known of the classes, by name. */
export type ClassTable = Readonly<Record<string, ClassReadings>>;

/** The classes with too few samples, by name. */
export function listUnjudged(classes: ClassTable): readonly string[] {
  return Object.keys(classes).filter((name) => classes[name]!.samples < LEAST_CLASS_SAMPLES);
}

/** The judged class that may have lost most at a one-sided confidence in [0.5, 1); undefined where there is none. Both tables over the same batches. */
export function findWorstClass(
  before: ClassTable,
  after: ClassTable,
  confidence: number,
): ClassDrop | undefined {
  const drops = Object.entries(before)
    .filter(([, { samples }]) => samples >= LEAST_CLASS_SAMPLES)
    .map(([name, reading]): ClassDrop => {
      const drop = measureDrop(...pairGroups(reading, after[name]!), true);
      const { value, interval } = drop;
      return { name, samples: reading.samples, drop: value, interval, worst: worstDrop(drop, confidence) };
    });
  return drops.reduce<ClassDrop | undefined>(
    (most, each) => (most && most.worst >= each.worst ? most : each),
    undefined,
  );
}

/** Only the groups in which the class occurs. */
function pairGroups(one: ClassReadings, other: ClassReadings) {
  const occurs = (at: number): boolean => one.groups[at] !== null && other.groups[at] !== null;
  const readingOf = ({ value, groups }: ClassReadings) => ({
    value,
    groups: groups.flatMap((group, at) => (group !== null && occurs(at) ? [group] : [])),
  });
  return [readingOf(one), readingOf(other)] as const;
}
