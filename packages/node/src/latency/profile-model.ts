// The layers of one model for the table of a device, ahead of any cut: what `pruneForLatency` would have to measure first.
import {
  coarserStairs,
  DEFAULT_MAX_RATIO,
  divideForLatency,
  type Engine,
  type LatencyTable,
  listPrunableGroups,
  prepareLimits,
} from '@espalier/core';
import type { Device } from '../devices/device.ts';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { PipelineEvent } from '../pipeline/events.ts';
import { scoreAnalysis } from '../pipeline/score-analysis.ts';
import { type DesignTime, learnLatency } from './learn-latency.ts';

/** What is profiled on. */
export interface ProfileModelOptions {
  readonly device: Device;
  /** Cuts the models that are timed. */
  readonly engine: Engine;
  /** What is known of the device; its stairs say which widths are of interest. */
  readonly table: LatencyTable;
  readonly signal?: AbortSignal;
}

/** What a device knows of a model now. */
export interface ProfiledModel {
  /** The given table with what was measured. */
  readonly table: LatencyTable;
  /** Layers that are timed as units, and how many kinds they make. */
  readonly layers: number;
  readonly kinds: number;
  /** Kinds that the table has samples of. */
  readonly knownKinds: number;
  /** Samples that were measured now. */
  readonly samples: number;
  /** Whole cuts that only judged the latency model; none where nothing can be cut. */
  readonly heldOut: readonly DesignTime[];
}

/**
 * Measures the layers of a model at the widths that a cut with default limits may choose, and judges the latency model by whole cuts. Takes seconds; what
 * the table holds is not measured again. Errors: those of the device.
 */
export async function* profileModel(
  analysis: Analysis,
  { device, engine, table, signal }: ProfileModelOptions,
): AsyncGenerator<PipelineEvent, ProfiledModel> {
  const { traced, coupling } = analysis;
  const scores = yield* scoreAnalysis(analysis);
  const limiter = prepareLimits(traced, coupling, scores, {});
  const { units } = divideForLatency(traced, coupling, coarserStairs(table.stairs).step);
  const kinds = new Set(units.map(({ kind }) => kind));
  const told = { layers: units.length, kinds: kinds.size };
  const knownIn = ({ units: samples }: LatencyTable): number =>
    [...kinds].filter((kind) => samples[kind]?.length).length;
  if (listPrunableGroups(traced, coupling, limiter).length === 0) {
    yield {
      type: 'note',
      text: `No channel of ${analysis.file.path} can be cut: its layers are not measured.`,
    };
    return { ...told, table, knownKinds: knownIn(table), samples: 0, heldOut: [] };
  }
  const shared = { device, engine, scores, limiter, maxRatio: DEFAULT_MAX_RATIO, table };
  const learned = yield* learnLatency(analysis, { ...shared, ...(signal && { signal }) });
  return {
    ...told,
    table: learned.table,
    knownKinds: knownIn(learned.table),
    samples: countSamples(learned.table) - countSamples(table),
    heldOut: learned.heldOut,
  };
}

/** Samples of all kinds. */
export function countSamples({ units }: LatencyTable): number {
  return Object.values(units).flat().length;
}
