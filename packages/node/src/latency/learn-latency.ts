// How the latency of a model on a device depends on its widths: the device's stairs, its units at some widths, and some whole cuts.
import {
  coarserStairs,
  correctLoad,
  createRandom,
  cutGroups,
  cutModel,
  divideForLatency,
  drawDesigns,
  type Engine,
  fitCorrection,
  groupBy,
  isLeft,
  type KeepMask,
  type LatencyCorrection,
  type LatencyParts,
  type LatencyTable,
  type Limiter,
  listPrunableGroups,
  listWidthMenus,
  loadOf,
  type Model,
  type ModelLoad,
  median,
  type PlanLimits,
  readTable,
  type SpecimenTask,
  survivingShape,
  takeSpecimen,
  type UnitWidths,
  type WidthMenu,
} from '@espalier/core';
import { type Device, timeOnDevice, toDeviceModel } from '../devices/device.ts';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { PipelineEvent } from '../pipeline/events.ts';
import { measureStairs } from './measure-stairs.ts';
import { timeSpecimens } from './time-specimens.ts';

/** What is learned from, and within which limits. */
export interface LearnOptions {
  readonly device: Device;
  /** Cuts the models that are timed. */
  readonly engine: Engine;
  /** Scores of the classes and the limits of the cut, which decide what a width keeps. */
  readonly scores: Float64Array;
  readonly limiter: Limiter;
  readonly maxRatio: number;
  /** Channels that layers had before earlier cuts; see `PlanLimits.widths`. */
  readonly widths?: PlanLimits['widths'];
  /** Whether widths within the first step of the device are thought of too, default false. */
  readonly narrow?: boolean;
  /** What is known of the device. */
  readonly table?: LatencyTable;
  /** Draws designs. Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** A whole cut that was timed, and what the model says of it. */
export interface DesignTime {
  readonly keep: KeepMask;
  /** Share of the multiply-accumulates. */
  readonly macs: number;
  readonly ms: number;
  readonly predictedMs: number;
}

/** A whole cut with what it took. */
interface TimedCut extends Design {
  readonly ms: number;
}

/** What was learned. */
export interface LearnedLatency {
  /** The given table with what was measured now. */
  readonly table: LatencyTable;
  readonly correction: LatencyCorrection;
  /** Milliseconds of the uncut model, as measured. */
  readonly uncutMs: number;
  readonly menus: readonly WidthMenu[];
  /** The choice of classes at a level per menu. */
  keepAt(levels: readonly number[]): KeepMask;
  /** What a choice has to do, by the table. */
  load(keep: KeepMask): ModelLoad;
  /** Predicted milliseconds of a choice. */
  predict(keep: KeepMask): number;
  /** Cuts that only judged the model. */
  readonly heldOut: readonly DesignTime[];
  /** The same with what another cut taught: its units at their widths, and its whole time. Errors: those of the device. */
  learnFrom(cut: TimedCut): AsyncGenerator<PipelineEvent, LearnedLatency>;
}

/** Designs that units are measured in, and those that only judge the model. */
const DESIGNS = 12;
const HELD_OUT = 3;
/** A kind with so many samples needs no more within the widths they span. */
const ENOUGH_SAMPLES = 12;
/** Whole models take longer than units, and are told apart by less. */
const WHOLE = { warmup: 1, minRounds: 12, minSeconds: 0.15 } as const;
/** Of a device that starts anew each time. */
const WHOLE_ANEW = { warmup: 0, minRounds: 3, minSeconds: 0 } as const;

/** Learns the latency of one model on a device. Takes seconds; what the table holds already is not measured again. Errors: those of the device. */
export async function* learnLatency(
  analysis: Analysis,
  options: LearnOptions,
): AsyncGenerator<PipelineEvent, LearnedLatency> {
  const { traced, coupling } = analysis;
  const { device, engine, scores, limiter, maxRatio, narrow = false, seed = 0, signal } = options;
  const { widths } = options;
  yield { type: 'step', step: 'latency' };
  const stairs = options.table?.stairs ?? (await measureStairs(device, signal));
  const parts = divideForLatency(traced, coupling, coarserStairs(stairs).step);
  const groups = listPrunableGroups(traced, coupling, limiter);
  const menus = listWidthMenus(groups, {
    ...{ stairs: coarserStairs(stairs), narrow, maxRatio, branches: limiter.branches },
    ...(widths && { widths }),
  });
  const keepAt = (levels: readonly number[]): KeepMask => {
    const rates = levels.flatMap((level, at) =>
      level === 0 ? [] : [[menus[at]!.group, menus[at]!.rates[level]!] as const],
    );
    return cutGroups(coupling, scores, limiter, new Map(rates));
  };
  const lengths = menus.map(({ rates }) => rates.length);
  const designs: Design[] = [];
  for (const levels of drawDesigns(lengths, DESIGNS + HELD_OUT, createRandom(seed))) {
    const keep = keepAt(levels);
    designs.push({ keep, model: await cutModel(traced, coupling, keep, engine) });
  }

  const shared = { analysis, parts, menus, keepAt, device, ...(signal && { signal }) };
  const table = yield* measureUnits(shared, designs.slice(0, DESIGNS), {
    stairs,
    units: options.table?.units ?? {},
  });
  const wholeMs = await timeWhole(analysis, designs, device, signal);
  const timed = designs.map((design, at): TimedCut => ({ ...design, ms: wholeMs[at]! }));
  return modelFrom(shared, table, timed.slice(0, DESIGNS), timed.slice(DESIGNS));
}

interface Design {
  readonly keep: KeepMask;
  readonly model: Model;
}

/** What all stages of learning one model on one device share. */
interface Subject extends Pick<LearnedLatency, 'menus' | 'keepAt'> {
  readonly analysis: Analysis;
  readonly parts: LatencyParts;
  readonly device: Device;
  readonly signal?: AbortSignal;
}

/** The latency model that a table and some timed cuts give. */
function modelFrom(
  subject: Subject,
  table: LatencyTable,
  timed: readonly TimedCut[],
  heldOut: readonly TimedCut[],
): LearnedLatency {
  const { analysis, parts, menus, keepAt } = subject;
  const { original, totals } = analysis.cost;
  const times = readTable(table);
  const load = (keep: KeepMask): ModelLoad => loadOf(parts, times, keep);
  const correction = fitCorrection(timed.map(({ keep, ms }) => ({ ...load(keep), ms })));
  const predict = (keep: KeepMask): number => correctLoad(load(keep), correction);
  return {
    ...{ table, correction, menus, keepAt, load, predict },
    uncutMs: timed[0]!.ms,
    heldOut: heldOut.map(({ keep, ms }) => ({
      keep,
      macs: totals(keep).macs / original.macs,
      ms,
      predictedMs: predict(keep),
    })),
    async *learnFrom(cut) {
      return modelFrom(subject, yield* measureUnits(subject, [cut], table), [...timed, cut], heldOut);
    },
  };
}

/** The table with what it lacks to tell the times of these designs. */
async function* measureUnits(
  { analysis, parts, device, signal }: Subject,
  designs: readonly Design[],
  table: LatencyTable,
): AsyncGenerator<PipelineEvent, LatencyTable> {
  const { traced, coupling, cost } = analysis;
  const wanted = new Map<string, readonly UnitWidths[]>();
  const tasks: (SpecimenTask & { readonly kind: string; readonly widths: UnitWidths })[] = [];
  for (const { keep, model } of designs) {
    const { widths } = parts.sizes(keep);
    const macs = new Map(cost.layers(keep).map((layer) => [layer.node, layer.macs]));
    for (const [at, unit] of parts.units.entries()) {
      const { kind } = unit;
      const known = [...(table.units[kind] ?? []), ...(wanted.get(kind) ?? [])];
      if (!isLeft(widths[at]!) || isCovered(known, widths[at]!)) continue;
      const specimen = takeSpecimen(traced, model, unit, survivingShape(traced, coupling, unit.input, keep));
      if (!specimen) continue;
      wanted.set(kind, [...(wanted.get(kind) ?? []), widths[at]!]);
      tasks.push({ specimen, macs: macs.get(unit.layer) ?? 0, kind, widths: widths[at]! });
    }
  }
  const timing = timeSpecimens(device, tasks, signal);
  let next = await timing.next();
  for (; !next.done; next = await timing.next()) {
    yield { type: 'step', step: 'latency', fraction: next.value / tasks.length };
  }
  const times = next.value;
  const samples = tasks.map(({ kind, widths }, at) => ({ kind, sample: { ...widths, ms: times[at]! } }));
  const units = groupBy(samples, ({ kind }) => kind);
  return {
    ...table,
    units: {
      ...table.units,
      ...Object.fromEntries(
        [...units].map(([kind, fresh]) => [
          kind,
          [...(table.units[kind] ?? []), ...fresh.map(({ sample }) => sample)],
        ]),
      ),
    },
  };
}

function isCovered(known: readonly UnitWidths[], { inputs, outputs }: UnitWidths): boolean {
  if (known.some((sample) => sample.inputs === inputs && sample.outputs === outputs)) return true;
  if (known.length < ENOUGH_SAMPLES) return false;
  const spans = (of: (widths: UnitWidths) => number, value: number): boolean =>
    known.some((sample) => of(sample) <= value) && known.some((sample) => of(sample) >= value);
  return spans((widths) => widths.inputs, inputs) && spans((widths) => widths.outputs, outputs);
}

/** Milliseconds of whole designs, side by side. */
async function timeWhole(
  { traced }: Analysis,
  designs: readonly Design[],
  device: Device,
  signal: AbortSignal | undefined,
): Promise<readonly number[]> {
  const models = designs.map(({ model }, at) => toDeviceModel(`design ${at}`, model, traced));
  const timing = device.startsAnew ? WHOLE_ANEW : WHOLE;
  const { times } = await timeOnDevice(device, models, { ...timing, ...(signal && { signal }) });
  return times.map(({ rounds }) => median(rounds.map(median)));
}
