// Runs probes: the whole cut model for each, or only what lies behind each cut, on values that were computed once.
import {
  cutModel,
  type Engine,
  Frontier,
  type LoadOptions,
  listCuts,
  type Probe,
  peakLiveBytes,
  zeroOriginal,
} from '@espalier/core';
import type { Analysis } from '../pipeline/analyse-file.ts';
import type { ProbeBatch } from './probe-images.ts';
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
    run.signal?.throwIfAborted();
    const { keep } = state.probe;
    const model = await cutModel(traced, coupling, keep, run.engine);
    const session = await run.engine.load(model, run.load);
    let samples = 0;
    try {
      for (const { feeds, targets } of run.images) {
        if (state.done) break;
        state.done = state.trial.add(await session.run(feeds));
        samples += targets.length;
      }
    } finally {
      await session.close();
    }
    yield cost.totals(keep).macs * samples;
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
    const samples = images.reduce((sum, { targets }) => sum + targets.length, 0);
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
      yield (before - behind) * samples;
      frontier.update(zeroOriginal(traced, listCuts(traced, run.analysis.coupling, state.probe.keep)));
      let seen = 0;
      for await (const answer of frontier.stream(outputs)) {
        seen += images[0]!.targets.length;
        state.done = state.trial.add(answer);
        if (state.done) break;
      }
      yield behind * seen;
    }
  }
}

/** The batches in as few rounds as the memory allows. */
function roundsOf({ analysis, images }: ProbeRun, memory: number): readonly (readonly ProbeBatch[])[] {
  const { traced } = analysis;
  const tracedBatch = Math.max(1, Object.values(traced.sizes[0]!)[0]?.[0] ?? 1);
  const perBatch = (peakLiveBytes(traced) / tracedBatch) * images[0]!.targets.length;
  const size = Math.max(1, Math.floor(memory / perBatch));
  return Array.from({ length: Math.ceil(images.length / size) }, (_, i) =>
    images.slice(i * size, (i + 1) * size),
  );
}
