// Latency measurement with its progress on the terminal.
import { createRandom, type Engine, type Model, type NdArray } from '@espalier/core';
import {
  type Analysis,
  type LatencyOptions,
  type LatencySubject,
  makeFeeds,
  measureLatency,
} from '@espalier/node';
import type { LatencyField } from '../documents/latency-field.ts';
import type { Terminal } from '../output/terminal.ts';
import type { CommandContext } from './command.ts';

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

/** Measures an original and what was made of it, long enough for a first impression; `bench` takes its time. */
export function compareLatency(
  { traced, file }: Analysis,
  pruned: Model,
  engine: Engine,
  { options, terminal, signal }: CommandContext<'prune'> | CommandContext<'run'>,
): Promise<LatencyField> {
  const { provider, threads, seed } = options;
  const subjects = [
    { name: 'original', model: file.model },
    { name: 'pruned', model: pruned },
  ];
  const quick = { minSeconds: 1, provider, ...(threads !== undefined && { threads }), seed, signal };
  return measureModels(engine, subjects, makeFeeds(traced, seed), quick, terminal);
}
