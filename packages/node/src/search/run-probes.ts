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
  readonly engine: Engine;
  readonly images: readonly ProbeBatch[];
  /** In the order of their first nodes. */
  readonly states: readonly ProbeState[];
  readonly load?: LoadOptions;
  readonly signal?: AbortSignal;
}

/** Every probe as a model that is really cut, on every batch. Yields the multiply-accumulates it ran, probe by probe. */
export async function* runWhole(run: ProbeRun): AsyncGenerator<number> {
  const { traced, coupling, cost } = run.analysis;
  for (const state of run.states) {
    const { keep } = state.probe;
    const model = await cutModel(traced, coupling, keep, run.engine);
    const session = await run.engine.load(model, run.load);
    let seen = 0;
    try {
      for (; seen < run.images.length && !state.done; seen++) {
        run.signal?.throwIfAborted();
        state.done = state.trial.add(await session.run(run.images[seen]!.feeds));
      }
    } finally {
      await session.close();
    }
    yield cost.totals(keep).macs * countRuns(traced, run.images.slice(0, seen));
  }
}

/**
 * Every probe from its first changed node on, by the model with zeros where cut channels are read: it computes what the cut one does. Values on
 * the way take at most `memory` bytes; when all samples do not fit they pass in several rounds. Yields the multiply-accumulates it ran,
 * part by part.
 */
export async function* runParts(run: ProbeRun, memory: number): AsyncGenerator<number> {
  const { traced, cost } = run.analysis;
  const outputs = traced.graph.outputs.map(({ name }) => name);
  const macsOf = new Map(cost.layers().map(({ node, macs }) => [node, macs]));
  const costOf = (nodes: readonly number[]): number =>
    nodes.reduce((sum, node) => sum + (macsOf.get(node) ?? 0), 0);
  for (const images of roundsOf(run, memory)) {
    const feeds = images.map((image) => image.feeds);
    const frontier = new Frontier(traced, feeds, run.engine, {
      held: outputs,
      ...(run.load && { load: run.load }),
    });
    for (const state of run.states) {
      if (state.done) continue;
      run.signal?.throwIfAborted();
      const before = costOf(frontier.pending(outputs));
      frontier.update(traced.model);
      await frontier.advanceTo(state.probe.first);
      const behind = costOf(frontier.pending(outputs));
      yield (before - behind) * countRuns(traced, images);
      frontier.update(zeroOriginal(traced, listCuts(traced, run.analysis.coupling, state.probe.keep)));
      let seen = 0;
      for await (const answer of frontier.stream(outputs)) {
        run.signal?.throwIfAborted();
        seen += 1;
        state.done = state.trial.add(answer);
        if (state.done) break;
      }
      yield behind * countRuns(traced, images.slice(0, seen));
    }
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
