// Runs probes: the whole cut model for each, or only what lies behind each cut, on values that were computed once.
import {
  cutModel,
  type Engine,
  Frontier,
  type LoadOptions,
  listCuts,
  type Probe,
  peakActivationBytes,
  type TracedModel,
  zeroOriginal,
} from '@espalier/core';
import type { Analysis } from '../pipeline/analyse-file.ts';
import { mergeGenerators } from './merge-generators.ts';
import { type ProbeBatch, rowsOf } from './probe-images.ts';
import type { ProbeTrial } from './probe-judge.ts';

/** A probe and how it is doing. */
export interface ProbeState {
  readonly probe: Probe;
  readonly trial: ProbeTrial;
  done: boolean;
}

/** What probes are run with. */
export interface ProbeRun {
  readonly analysis: Analysis;
  /** They share the probes out: each takes the next one when it is done with one. */
  readonly engines: readonly Engine[];
  readonly images: readonly ProbeBatch[];
  /** In the order of their first nodes. */
  readonly states: readonly ProbeState[];
  readonly load?: LoadOptions;
  readonly signal?: AbortSignal;
}

/** Every probe as a model that is really cut, on every batch. Yields the multiply-accumulates it ran, probe by probe. */
export function runWhole(run: ProbeRun): AsyncGenerator<number> {
  const queue = run.states.values();
  return mergeGenerators(run.engines.map((engine) => runWholeOn(engine, run, queue)));
}

async function* runWholeOn(
  engine: Engine,
  { analysis, images, load, signal }: ProbeRun,
  queue: IterableIterator<ProbeState>,
): AsyncGenerator<number> {
  const { traced, coupling, cost } = analysis;
  for (const state of queue) {
    const { keep } = state.probe;
    const model = await cutModel(traced, coupling, keep, engine);
    const session = await engine.load(model, load);
    let seen = 0;
    try {
      for (; seen < images.length && !state.done; seen++) {
        signal?.throwIfAborted();
        state.done = state.trial.add(await session.run(images[seen]!.feeds));
      }
    } finally {
      await session.close();
    }
    yield cost.totals(keep).macs * countRuns(traced, images.slice(0, seen));
  }
}

/**
 * Every probe from its first changed node on, by the model with zeros where cut channels are read: it computes what the cut one does. Each engine runs
 * what lies before its probes once. Values on the way take at most `memory` bytes in all; when all samples do not fit they pass in several rounds.
 * Yields the multiply-accumulates it ran, part by part.
 */
export async function* runParts(run: ProbeRun, memory: number): AsyncGenerator<number> {
  for (const images of roundsOf(run, memory / run.engines.length)) {
    const queue = run.states.filter(({ done }) => !done).values();
    yield* mergeGenerators(run.engines.map((engine) => runPartsOn(engine, { ...run, images }, queue)));
  }
}

async function* runPartsOn(
  engine: Engine,
  { analysis, images, load, signal }: ProbeRun,
  queue: IterableIterator<ProbeState>,
): AsyncGenerator<number> {
  const { traced, coupling, cost } = analysis;
  const outputs = traced.graph.outputs.map(({ name }) => name);
  const macsOf = new Map(cost.layers().map(({ node, macs }) => [node, macs]));
  const costOf = (nodes: readonly number[]): number =>
    nodes.reduce((sum, node) => sum + (macsOf.get(node) ?? 0), 0);
  const feeds = images.map((image) => image.feeds);
  const frontier = new Frontier(traced, feeds, engine, { held: outputs, ...(load && { load }) });
  for (const state of queue) {
    signal?.throwIfAborted();
    const before = costOf(frontier.pending(outputs));
    frontier.update(traced.model);
    await frontier.advanceTo(state.probe.first);
    const behind = costOf(frontier.pending(outputs));
    yield (before - behind) * countRuns(traced, images);
    frontier.update(zeroOriginal(traced, listCuts(traced, coupling, state.probe.keep)));
    let seen = 0;
    for await (const answer of frontier.stream(outputs)) {
      signal?.throwIfAborted();
      seen += 1;
      state.done = state.trial.add(answer);
      if (state.done) break;
    }
    yield behind * countRuns(traced, images.slice(0, seen));
  }
}

/** How many runs at the traced size the batches amount to: what costs are told for. */
export function countRuns(traced: TracedModel, images: readonly ProbeBatch[]): number {
  const [[traceRows = 1] = []] = Object.values(traced.sizes[0]!);
  return images.reduce((sum, image) => sum + rowsOf(image), 0) / traceRows;
}

/** The batches in as few rounds as the memory allows. */
function roundsOf({ analysis, images }: ProbeRun, memory: number): readonly (readonly ProbeBatch[])[] {
  const { traced } = analysis;
  const perBatch = peakActivationBytes(traced) * countRuns(traced, images.slice(0, 1));
  const size = Math.max(1, Math.floor(memory / perBatch));
  return Array.from({ length: Math.ceil(images.length / size) }, (_, i) =>
    images.slice(i * size, (i + 1) * size),
  );
}
