// What a command knows of a run that its journal does not tell: `report.json` of the run folder, so that the page can be drawn
// again without the model and without another measurement. Plain JSON values.
import type { Interval } from '@espalier/core';

/** Schema of {@link RunFacts}. */
export const RUN_FACTS_SCHEMA = 'espalier/report@1';

/** A number and its 95 % confidence interval. */
export interface FactEstimate {
  readonly value: number;
  readonly interval: Interval;
}

/** A node whose weights make or read channels, in the original and in the last model. */
export interface LayerFact {
  /** Name of the first output. */
  readonly node: string;
  readonly operator: string;
  /** Channels that it makes, how many of them are left, and how many could go; 0 for one that only reads. */
  readonly channels: number;
  readonly kept: number;
  readonly free: number;
  /** Multiply-accumulates before and after. */
  readonly macs: number;
  readonly keptMacs: number;
  /** Names of the nodes that read its channels, each once. */
  readonly readers: readonly string[];
  /** Channels in each part of its concatenated input; empty without one. */
  readonly sizes: readonly number[];
}

/** Channels that no cut can take, and what holds them. */
export interface FrozenFact {
  /** Nodes that make or read them. */
  readonly members: readonly string[];
  readonly channels: number;
  /** What holds them and how, in words. */
  readonly because: string;
}

/** How long the model of a step takes. */
export interface StepLatency {
  readonly step: number;
  readonly iterations: number;
  readonly medianMs: FactEstimate;
  /** Median of the original over that of this one. */
  readonly speedup: FactEstimate;
}

/** Models of a run measured side by side on one machine. */
export interface LatencyFacts {
  readonly provider: string;
  /** Absent when the engine chose. */
  readonly threads?: number;
  readonly steps: readonly StepLatency[];
  /** Reasons to distrust the numbers, as sentences. */
  readonly warnings: readonly string[];
}

/** Everything. */
export interface RunFacts {
  readonly schema: typeof RUN_FACTS_SCHEMA;
  readonly model: { readonly path: string; readonly sha256: string };
  /** Path of the best model. */
  readonly output: string;
  readonly asked: {
    readonly strategy: string;
    readonly target: { readonly measure: 'macs' | 'params' | 'latency'; readonly kept: number };
    /** In the metric's own unit. */
    readonly maxDrop: number;
    readonly confidence: number;
  };
  /** Sizes of the files of steps that are there. */
  readonly files: readonly { readonly step: number; readonly bytes: number }[];
  readonly layers: readonly LayerFact[];
  readonly frozen: readonly FrozenFact[];
  readonly latency?: LatencyFacts;
  /** What the numbers do not say by themselves, as sentences. */
  readonly remarks: readonly string[];
  /** The suggested next command. */
  readonly next: string;
}
