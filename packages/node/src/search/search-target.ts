// Where a search is to end: what may be asked, what it comes to for an original, and whether it is reached.
import { EspalierError, type SearchStep, TARGET_TOLERANCE } from '@espalier/core';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { SearchOptions } from './search-options.ts';
import { type CostTarget, targetOfTable } from './strategies.ts';

/** What is to be left of the original: a fraction of its cost, or of its latency. */
export type SearchTarget = CostTarget | { readonly measure: 'latency'; readonly kept: number };

/** The same as it may be asked: a latency also in milliseconds. */
export type SearchWish = SearchTarget | { readonly measure: 'latency'; readonly ms: number };

/** Whether probes are timed. */
export const isTimed = ({ scoreBy = [] }: SearchOptions): boolean => scoreBy.includes('latency');

/** Refuses targets that cannot be timed, or not again in the same way. Errors, kind usage: `run.bad-target`, `run.not-deterministic`. */
export function checkTarget(options: SearchOptions): void {
  const { target, strategy, latency, training } = options;
  const isTarget = target?.measure === 'latency';
  if (training.deterministic && (isTarget || isTimed(options))) throw notDeterministic(isTarget);
  if (!isTarget) return;
  if (!latency) throw badTarget('A latency is the target, and no device to measure it on.', 'Name a device.');
  if (strategy === 'uniform') {
    throw badTarget(
      'The strategy uniform takes the same share from every layer and does not know latencies.',
      'Choose iterative, progressive or one-shot for a latency.',
    );
  }
}

/** Where the search ends, once its original is known. Errors, kind usage: `run.bad-target` where nothing says so, `run.other-device`. */
export function settleTarget(options: SearchOptions, original: Analysis, first: SearchStep): SearchTarget {
  const { target, strategy, limits = {}, layerRates = {}, latency } = options;
  if (strategy === 'layer-rates') return targetOfTable(original, limits, layerRates);
  if (!target) {
    throw badTarget(
      'Nothing says where the search should end.',
      'Give it a target, such as { measure: "macs", kept: 0.5 }.',
    );
  }
  if (target.measure !== 'latency') return target;
  const device = latency?.device.description;
  if (first.latency?.device !== device?.fingerprint) throw otherDevice(device!.name);
  return 'kept' in target ? target : { measure: 'latency', kept: target.ms / first.latency!.ms };
}

/** By how much of it a measured latency may be above its target: no stopwatch tells them apart. */
export const LATENCY_TOLERANCE = 0.01;

/** Whether a step is where the search is to end. Channels are counted and times measured, so that both can only come near a target. */
export function isReached({ measure, kept }: SearchTarget, first: SearchStep, last: SearchStep): boolean {
  if (measure === 'latency') return last.latency!.fraction.value <= kept * (1 + LATENCY_TOLERANCE);
  return last.cost[measure] / first.cost[measure] <= kept + TARGET_TOLERANCE;
}

function badTarget(message: string, hint: string): EspalierError {
  return new EspalierError({ kind: 'usage', code: 'run.bad-target', message, hint });
}

function otherDevice(name: string): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'run.other-device',
    message: `The run measured its original on another device than '${name}', or in another way: their times cannot be compared.`,
    hint: 'Go on with the same device, provider and threads, or start another run.',
  });
}

function notDeterministic(isTarget: boolean): EspalierError {
  return new EspalierError({
    kind: 'usage',
    code: 'run.not-deterministic',
    message: `Measured times differ from run to run, so that ${isTarget ? '--target latency' : '--score-by latency'} does not go with --deterministic.`,
    hint: 'Leave one of them out: MACs and parameters are counted, not measured.',
  });
}
