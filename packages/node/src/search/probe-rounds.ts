// The probes of an analysis, round after round: all groups at the given rates, then those whose curves bend in the middle of the bend.
import { type Limiter, type PrunableGroup, planProbes } from '@espalier/core';
import type { ProbeTrial } from './probe-judge.ts';
import { type ProbeRun, type ProbeState, runParts, runWhole } from './run-probes.ts';

/** What is probed, and how. */
export interface ProbeRounds extends Omit<ProbeRun, 'states'> {
  readonly scores: Float64Array;
  readonly limiter: Limiter;
  readonly targets: readonly PrunableGroup[];
  readonly ratesOf: (target: PrunableGroup) => readonly number[];
  /** Further rounds at most. */
  readonly rounds: number;
  /** The rate at which finished probes of one group, by rising rate, leave a question open. */
  readonly bendOf: (states: readonly ProbeState[]) => number | undefined;
  readonly open: () => ProbeTrial;
  /** Bytes for values in between, for probes of parts; undefined runs whole models. */
  readonly memory: number | undefined;
}

/** All probes of one group, by rising rate. */
export interface ProbedCurve {
  readonly target: PrunableGroup;
  readonly states: readonly ProbeState[];
}

/** What happens: multiply-accumulates were run, or a group's curve is complete. */
export type ProbeNews =
  | { readonly type: 'work'; readonly macs: number; readonly done: number; readonly total: number }
  | { readonly type: 'curve'; readonly curve: ProbedCurve };

/** Runs the probes. Groups that lose nothing at any rate have no curve. */
export async function* probeInRounds(options: ProbeRounds): AsyncGenerator<ProbeNews> {
  const { targets, ratesOf, rounds, bendOf, memory } = options;
  let total = 0;
  let open = targets.map((target): OpenCurve => ({ target, states: [], rates: ratesOf(target) }));
  for (let round = 0; open.length > 0; round++) {
    const states = planRound(options, open);
    const before = total;
    total += states.length;
    const waiting = new Set(
      open.map((curve) => extend(curve, states)).filter((curve) => curve.states.length > 0),
    );
    const next: OpenCurve[] = [];
    const settle = function* (): Generator<ProbeNews> {
      for (const curve of waiting) {
        if (curve.states.some(({ done }) => !done)) continue;
        waiting.delete(curve);
        const bend = round < rounds ? bendOf(curve.states) : undefined;
        if (bend === undefined) yield { type: 'curve', curve };
        else next.push({ ...curve, rates: [bend] });
      }
    };
    const run = { ...options, states };
    for await (const macs of memory === undefined ? runWhole(run) : runParts(run, memory)) {
      yield { type: 'work', macs, done: before + states.filter(({ done }) => done).length, total };
      yield* settle();
    }
    // A bend may ask for a cut that is known already.
    yield* settle();
    open = next;
  }
}

interface OpenCurve extends ProbedCurve {
  /** Those that are to be probed next. */
  readonly rates: readonly number[];
}

/** The new probes, in the order of their first nodes; without those that remove as many channels as one that is known. */
function planRound(
  { analysis, scores, limiter, open }: ProbeRounds,
  curves: readonly OpenCurve[],
): readonly ProbeState[] {
  const byTarget = new Map(curves.map((curve) => [curve.target, curve]));
  return planProbes(
    analysis.coupling,
    scores,
    limiter,
    [...byTarget.keys()],
    (target) => byTarget.get(target)!.rates,
  )
    .filter(({ target, removed }) =>
      byTarget.get(target)!.states.every(({ probe }) => probe.removed !== removed),
    )
    .map((probe) => ({ probe, trial: open(), done: false }));
}

function extend({ target, states }: OpenCurve, more: readonly ProbeState[]): ProbedCurve {
  const own = [...states, ...more.filter(({ probe }) => probe.target === target)];
  return { target, states: own.sort((a, b) => a.probe.rate - b.probe.rate) };
}
