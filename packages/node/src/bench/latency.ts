// How long models take, measured side by side: a short slice of each in turn, so that whatever disturbs one disturbs all.
import { performance } from 'node:perf_hooks';
import {
  bootstrapInterval,
  type Engine,
  EspalierError,
  type Interval,
  type LoadOptions,
  type Model,
  mean,
  median,
  type NdArray,
  percentile,
  type Random,
  type Session,
} from '@espalier/core';
import { describeMachine, findDisturbances, type MachineDescription } from './machine.ts';

/** One of the models compared. */
export interface LatencySubject {
  /** What the report calls it, e.g. `original`. */
  readonly name: string;
  readonly model: Model | Uint8Array;
  readonly externalFiles?: LoadOptions['externalFiles'];
}

/** How long and how to measure. */
export interface LatencyOptions {
  /** Draws the bootstrap samples. */
  readonly random: Random;
  /** Execution provider, default `cpu`. */
  readonly provider?: string;
  /** Intra-op threads, default: the runtime's choice. */
  readonly threads?: number;
  /** Runs of each model before the clock counts, after the first; default 3. */
  readonly warmup?: number;
  /** Least rounds, each with at least one measured run of every model; default 10. */
  readonly minRounds?: number;
  /** Least measured time of each model, seconds, default 3. */
  readonly minSeconds?: number;
  /** Stops between two runs with code `interrupted`. */
  readonly signal?: AbortSignal;
}

/** A number and its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly interval: Interval;
}

/** What was measured of one model; times in milliseconds. */
export interface ModelLatency {
  readonly name: string;
  /** Making the session: encoding where a model was given, parsing, optimising, packing weights. */
  readonly loadMs: number;
  /** The first run, which also allocates memory. */
  readonly firstRunMs: number;
  /** Measured runs. */
  readonly iterations: number;
  readonly meanMs: number;
  /** Median over the rounds of each round's median. */
  readonly medianMs: Estimate;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Median of the first model over median of this one: 2 is twice as fast. Rounds are resampled whole, so drift cancels. */
  readonly speedup: Estimate;
}

/** A whole comparison. */
export interface LatencyReport {
  readonly machine: MachineDescription;
  readonly provider: string;
  /** Intra-op threads asked for; absent when the runtime chose. */
  readonly threads?: number;
  readonly models: readonly ModelLatency[];
  /** Reasons to distrust the numbers, as sentences. */
  readonly warnings: readonly string[];
}

/** What {@link measureLatency} tells while it works; the last event carries the report. */
export type LatencyEvent =
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'loaded'; readonly name: string; readonly loadMs: number; readonly firstRunMs: number }
  | { readonly type: 'progress'; readonly rounds: number; readonly fraction: number }
  | { readonly type: 'measured'; readonly report: LatencyReport };

interface Runner extends LatencySubject {
  readonly session: Session;
  readonly loadMs: number;
  readonly firstRunMs: number;
  /** Measured milliseconds, one list per round. */
  readonly slices: (readonly number[])[];
  /** Sum of all of them. */
  elapsedMs: number;
}

/** Medians of one round: of a model's slice, and of the reference's. */
interface Round {
  readonly ms: number;
  readonly againstMs: number;
}

// Long enough that a model runs with caches and threads of its own, short enough that all models see the same disturbances.
const sliceMs = 20;
// Progress is told between runs, never more often than this, so that telling it does not disturb the measurement.
const progressEveryMs = 250;

/**
 * Measures models over the same feeds: each is loaded and warmed up, then every round gives each model a slice of 20 ms, starting with
 * a different one each round, until there are `minRounds` rounds and `minSeconds` of each model. The first run of a slice is not counted:
 * it finds the caches and threads of another model. The first subject is the reference of the speed-ups. All models must take the feeds.
 * Throws `bench.no-models`, `interrupted`, and what the engine throws; sessions are always closed.
 */
export async function* measureLatency(
  engine: Engine,
  subjects: readonly LatencySubject[],
  feeds: Readonly<Record<string, NdArray>>,
  options: LatencyOptions,
): AsyncGenerator<LatencyEvent, void, undefined> {
  if (subjects.length === 0) {
    throw new EspalierError({
      kind: 'usage',
      code: 'bench.no-models',
      message: 'There is no model to measure.',
    });
  }
  const { warmup = 3, minRounds = 10, minSeconds = 3 } = options;
  const machine = await describeMachine();
  const disturbances = findDisturbances(machine);
  for (const message of disturbances) yield { type: 'warning', message };

  const runners: Runner[] = [];
  try {
    for (const subject of subjects) {
      refuseWhenAborted(options.signal);
      const runner = await startRunner(engine, subject, feeds, options);
      runners.push(runner);
      yield { type: 'loaded', name: runner.name, loadMs: runner.loadMs, firstRunMs: runner.firstRunMs };
    }
    for (let round = 0; round < warmup; round++) {
      for (const runner of runners) await runner.session.run(feeds);
    }

    let told = performance.now();
    let fraction = 0;
    for (let round = 0; fraction < 1; round++) {
      for (let turn = 0; turn < runners.length; turn++) {
        refuseWhenAborted(options.signal);
        const runner = runners[(round + turn) % runners.length]!;
        const slice = await runSlice(runner, feeds, runners.length > 1);
        runner.slices.push(slice);
        runner.elapsedMs += slice.reduce((sum, ms) => sum + ms, 0);
      }
      const seconds = Math.min(...runners.map((runner) => runner.elapsedMs)) / 1000;
      fraction = Math.min((round + 1) / minRounds, minSeconds > 0 ? seconds / minSeconds : 1, 1);
      if (performance.now() - told >= progressEveryMs) {
        told = performance.now();
        yield { type: 'progress', rounds: round + 1, fraction };
      }
    }
  } finally {
    await Promise.all(runners.map((runner) => runner.session.close()));
  }

  const models = runners.map((runner) => summarise(runner, runners[0]!, options.random));
  const unsteady = models
    .filter(isUnsteady)
    .map(
      (m) =>
        `The times of '${m.name}' scatter: its median is known to no better than ±${halfWidth(m).toFixed(0)} %.`,
    );
  for (const message of unsteady) yield { type: 'warning', message };
  const { provider = 'cpu', threads } = options;
  yield {
    type: 'measured',
    report: {
      machine,
      provider,
      ...(threads === undefined ? {} : { threads }),
      models,
      warnings: [...disturbances, ...unsteady],
    },
  };
}

async function startRunner(
  engine: Engine,
  subject: LatencySubject,
  feeds: Readonly<Record<string, NdArray>>,
  options: LatencyOptions,
): Promise<Runner> {
  const { provider, threads } = options;
  const { externalFiles } = subject;
  const start = performance.now();
  const session = await engine.load(subject.model, {
    ...(provider === undefined ? {} : { provider }),
    ...(threads === undefined ? {} : { threads }),
    ...(externalFiles === undefined ? {} : { externalFiles }),
  });
  const loadMs = performance.now() - start;
  try {
    const firstRunMs = await timeOf(() => session.run(feeds));
    return { ...subject, session, loadMs, firstRunMs, slices: [], elapsedMs: 0 };
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

async function runSlice(
  { session }: Runner,
  feeds: Readonly<Record<string, NdArray>>,
  settle: boolean,
): Promise<readonly number[]> {
  if (settle) await session.run(feeds);
  const times: number[] = [];
  for (let spent = 0; spent < sliceMs; spent += times.at(-1)!)
    times.push(await timeOf(() => session.run(feeds)));
  return times;
}

function summarise(runner: Runner, reference: Runner, random: Random): ModelLatency {
  const { name, loadMs, firstRunMs } = runner;
  const times = runner.slices.flat();
  // Runs of one slice resemble each other, so a slice counts once: resampling single runs would feign certainty.
  const slices = runner.slices.map(median);
  const rounds = slices.map((ms, round): Round => ({ ms, againstMs: median(reference.slices[round]!) }));
  const speedup = (draw: readonly Round[]): number =>
    median(draw.map((round) => round.againstMs)) / median(draw.map((round) => round.ms));
  return {
    name,
    loadMs,
    firstRunMs,
    iterations: times.length,
    meanMs: mean(times),
    medianMs: { value: median(slices), interval: bootstrapInterval(slices, median, random) },
    p90Ms: percentile(times, 90),
    p95Ms: percentile(times, 95),
    p99Ms: percentile(times, 99),
    speedup: { value: speedup(rounds), interval: bootstrapInterval(rounds, speedup, random) },
  };
}

/** Half the interval of the median, in percent of the median. */
function halfWidth({ medianMs: { value, interval } }: ModelLatency): number {
  return (50 * (interval[1] - interval[0])) / value;
}

function isUnsteady(model: ModelLatency): boolean {
  return halfWidth(model) > 5;
}

function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new EspalierError({
    kind: 'interrupted',
    code: 'interrupted',
    message: 'The measurement was interrupted.',
    cause: signal.reason,
  });
}
