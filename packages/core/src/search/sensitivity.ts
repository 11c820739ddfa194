// What a sensitivity analysis finds: how a model fares when one group of channels alone loses a share of them. Plain data, as a run writes it down.
import type { Interval } from '../metrics/statistics.ts';

/** Shares of a group's channels that are tried unless others are asked for (Iterative Filter Pruning for Concatenation-based CNNs, 2024). */
export const DEFAULT_RATES: readonly number[] = [0.25, 0.5, 0.75];

/** One group cut at one rate, alone. */
export interface SensitivityPoint {
  /** Share of the group's channels that was asked for, above 0 and below 1; 1 of a branch that goes altogether. */
  readonly rate: number;
  /** Channels that went: limits may hold some back. */
  readonly removed: number;
  /** Multiply-accumulates and parameters of the whole model with this cut alone. */
  readonly macs: number;
  readonly params: number;
  /** Median time of one run of the really cut model, where times are measured. */
  readonly milliseconds?: number;
  /** The upper end of its 95 % interval against the uncut model. */
  readonly millisecondsAtMost?: number;
  /** The metric, and by how much it is worse than the uncut model's on the same samples (negative: better). */
  readonly value: number;
  readonly drop: number;
  /** Interval of the drop at 95 %; null where the samples were too few to tell. */
  readonly interval: Interval | null;
  /** Samples it rests on. */
  readonly samples: number;
}

/** A group's curve, by rising rate. */
export interface GroupSensitivity {
  /** Name of the first output of the group's root, and which of the root's groups it is, from 0. */
  readonly root: string;
  readonly part: number;
  readonly channels: number;
  readonly points: readonly SensitivityPoint[];
  /** Time of the uncut model, measured side by side with those of the points. */
  readonly uncutMilliseconds?: number;
  /** Accepted cuts since it was measured: 0 is fresh. */
  readonly age: number;
}

/** A whole analysis. */
export interface Sensitivity {
  /** Name of the metric, and which way is better. */
  readonly metric: string;
  readonly higherIsBetter: boolean;
  /** The uncut model on the same samples. */
  readonly baseline: {
    readonly value: number;
    readonly macs: number;
    readonly params: number;
    readonly milliseconds?: number;
  };
  readonly samples: number;
  /** In the order of the graph; those that limits let lose nothing at any rate are not among them. */
  readonly groups: readonly GroupSensitivity[];
}

/** A group's name in texts and documents: its root, with the part where the root has several. */
export function groupName({ root, part }: Pick<GroupSensitivity, 'root' | 'part'>): string {
  return part === 0 ? root : `${root}#${part}`;
}

/** A metric as something of which more is better, above 0 for any metric that is: what scores take powers of. */
export function qualityOf(value: number, higherIsBetter: boolean): number {
  return higherIsBetter ? Math.max(0, value) : 1 / (1 + Math.max(0, value));
}
