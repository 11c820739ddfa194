// Latency measurement with its progress on the terminal.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  createRandom,
  type Engine,
  findUnsteady,
  type Model,
  type NdArray,
  type SearchStep,
  summariseRounds,
  type TracedModel,
} from '@espalier/core';
import {
  type Analysis,
  type Device,
  type DeviceEvent,
  type DeviceModel,
  type LatencyOptions,
  type LatencySubject,
  makeFeeds,
  measureLatency,
  readModel,
  timeOnDevice,
  timeSessions,
  toDeviceModel,
} from '@espalier/node';
import { nameStep } from '../describe/describe-run-facts.ts';
import type { LatencyField } from '../documents/latency-field.ts';
import { given } from '../options/given.ts';
import type { Terminal } from '../output/terminal.ts';
import type { CommandContext } from './command.ts';
import type { Elsewhere } from './elsewhere.ts';

/** What {@link measureModels} is told beside the options of the measurement. */
export interface MeasureOptions extends Omit<LatencyOptions, 'random'> {
  readonly seed: number;
}

/** Measures models side by side; warnings and progress go to the terminal. */
export async function measureModels(
  engine: Engine,
  subjects: readonly LatencySubject[],
  feeds: Readonly<Record<string, NdArray>>,
  { seed, ...options }: MeasureOptions,
  terminal: Terminal,
): Promise<LatencyField> {
  terminal.progress('measuring latency');
  let latency: LatencyField | undefined;
  for await (const event of measureLatency(engine, subjects, feeds, {
    ...options,
    random: createRandom(seed),
  })) {
    switch (event.type) {
      case 'warning':
        terminal.warn(event.message);
        break;
      case 'progress':
        terminal.progress('measuring latency', event.fraction);
        break;
      case 'measured': {
        const { machine: _, ...report } = event.report;
        latency = structuredClone(report) as LatencyField;
      }
    }
  }
  return latency!;
}

/** How long to measure, as the flags say. */
export function timingOf({
  options,
  signal,
}: MeasuringContext): Omit<MeasureOptions, 'provider' | 'threads'> {
  const { seed, warmup, rounds, seconds } = options;
  return { seed, warmup, minRounds: rounds, minSeconds: seconds, signal };
}

type MeasuringContext = Pick<
  CommandContext<'bench'> | CommandContext<'compare'> | CommandContext<'devices serve'>,
  'options' | 'signal'
>;

/** What {@link measureOn} is told. */
export interface MeasureOnOptions extends Omit<MeasureOptions, 'provider' | 'threads'> {
  /** Sessions of every model, which must then have a name of its own; see `timeSessions`. Default 1. */
  readonly sessions?: number;
}

/** Measures models on any device; warnings and progress go to the terminal. */
export async function measureOn(
  device: Device,
  models: readonly DeviceModel[],
  { seed, sessions = 1, ...options }: MeasureOnOptions,
  terminal: Terminal,
): Promise<LatencyField> {
  const label = `measuring on ${device.description.name}`;
  terminal.progress(label);
  const show = (event: Exclude<DeviceEvent, { readonly type: 'timed' }>): void => {
    if (event.type === 'warning') terminal.warn(event.message);
    if (event.type === 'progress') terminal.progress(label, event.fraction);
  };
  const timing = { seed, ...options };
  const measured =
    sessions === 1
      ? await timeOnDevice(device, models, timing, show)
      : await timeSessions(device, models, sessions, timing, show);
  const latencies = summariseRounds(measured.times, createRandom(seed));
  const unsteady = findUnsteady(latencies);
  for (const message of unsteady) terminal.warn(message);
  const { provider, threads } = measured.device;
  const report = {
    device: measured.device,
    provider,
    ...(threads !== undefined && { threads }),
    models: latencies,
    warnings: [...measured.warnings, ...unsteady],
  };
  return structuredClone(report) as LatencyField;
}

/** A model and what reports call it. */
export interface NamedModel {
  readonly name: string;
  readonly model: Model;
}

/** Where models are measured: on a device, or where none is given with an engine of this machine. */
export interface MeasuringPlace extends Pick<MeasureOptions, 'provider' | 'threads'> {
  readonly device: Device | undefined;
  readonly engine: Engine;
}

/** Measures models side by side, all over one input of the traced size; warnings and progress go to the terminal. */
export async function measureAt(
  { device, engine, ...placement }: MeasuringPlace,
  subjects: readonly NamedModel[],
  traced: TracedModel,
  timing: Omit<MeasureOptions, 'provider' | 'threads'>,
  terminal: Terminal,
): Promise<LatencyField> {
  if (device) {
    const models = subjects.map(({ name, model }) => toDeviceModel(name, model, traced));
    return measureOn(device, models, timing, terminal);
  }
  return measureModels(
    engine,
    subjects,
    makeFeeds(traced, timing.seed),
    { ...placement, ...timing },
    terminal,
  );
}

/** Most steps that are loaded at once beside the original. */
const MOST_STEPS = 12;

/** At most so many of the steps, evenly spread, the last one among them. */
export function spreadSteps<Step>(steps: readonly Step[], most: number): readonly Step[] {
  const every = Math.ceil(steps.length / most);
  return steps.filter((_, index) => (steps.length - 1 - index) % every === 0);
}

/** Measures the original and accepted steps of a run whose models are there side by side, briefly, as a first impression; here, or on a device. */
export async function measureSteps(
  { traced, file }: Analysis,
  steps: readonly SearchStep[],
  folder: string,
  engine: Engine,
  { options, terminal, signal }: CommandContext<'run'>,
  device?: Device,
): Promise<LatencyField> {
  const cuts = steps.slice(1).filter(({ model }) => existsSync(join(folder, model)));
  const subjects: NamedModel[] = [{ name: nameStep(0), model: file.model }];
  for (const { step, model } of spreadSteps(cuts, MOST_STEPS)) {
    subjects.push({ name: nameStep(step), model: (await readModel(join(folder, model))).model });
  }
  const { provider, threads, seed } = options;
  const place = { device, engine, ...given({ provider, threads }) };
  return measureAt(place, subjects, traced, { ...QUICKLY, seed, signal }, terminal);
}

/** Measures an original and what was made of it, long enough for a first impression; `bench` takes its time. */
export async function compareLatency(
  { traced, file }: Analysis,
  pruned: Model,
  engine: Engine,
  { options, terminal, signal }: CommandContext<'prune'>,
  elsewhere?: Elsewhere,
): Promise<LatencyField> {
  const subjects = [
    { name: 'original', model: file.model },
    { name: 'pruned', model: pruned },
  ];
  const { provider, threads, seed } = options;
  const place = { device: await elsewhere?.device(), engine, ...given({ provider, threads }) };
  return measureAt(place, subjects, traced, { ...QUICKLY, seed, signal }, terminal);
}

const QUICKLY = { minSeconds: 1 } as const;
