// How models are timed, on whatever runs them: side by side, a short slice of each in turn, so that whatever disturbs one disturbs all.
import type { Session, ValueType } from '../engine/engine.ts';
import { EspalierError } from '../errors.ts';
import type { NdArray } from '../onnx/nd-array.ts';

/** One of the models that are timed together. */
export interface TimedModel {
  /** What reports call it, e.g. `original`. */
  readonly name: string;
  /** Makes its session, which {@link timeRounds} closes. */
  readonly load: () => Promise<Session>;
  /** What it is run on, given the inputs of that session. */
  readonly feeds: (inputs: readonly ValueType[]) => Readonly<Record<string, NdArray>>;
}

/** How long to measure. */
export interface TimingLength {
  /** Runs of each model before the clock counts, after the first; default 3. */
  readonly warmup?: number;
  /** Least rounds, each with at least one measured time of every model; default 10. */
  readonly minRounds?: number;
  /** Least measured time of each model, seconds, default 3. */
  readonly minSeconds?: number;
  /** How long each model has a turn, milliseconds, default 20. */
  readonly sliceMs?: number;
}

/** How long to measure, and when not to go on. */
export interface TimingOptions extends TimingLength {
  /** Stops between two runs with code `interrupted`. */
  readonly signal?: AbortSignal;
}

/** A clock that only moves forward. */
export interface Clock {
  /** Milliseconds since any moment. */
  now(): number;
  /** The step it moves in, milliseconds, default 0. Where it is coarse, a time is the mean over as many runs as last 50 steps. */
  readonly stepMs?: number;
}

/** Raw times of one model, milliseconds. */
export interface ModelTimes {
  readonly name: string;
  /** Making the session; absent where the device cannot tell. */
  readonly loadMs?: number;
  /** The first run; absent where the device cannot tell. */
  readonly firstRunMs?: number;
  /** Measured times, one list per round; round n of one model was measured next to round n of the others. */
  readonly rounds: readonly (readonly number[])[];
}

/** What {@link timeRounds} tells while it works; the last event carries the times. */
export type TimingEvent =
  | { readonly type: 'loaded'; readonly name: string; readonly loadMs: number; readonly firstRunMs: number }
  | { readonly type: 'progress'; readonly rounds: number; readonly fraction: number }
  | { readonly type: 'timed'; readonly times: readonly ModelTimes[] };

interface Runner {
  readonly name: string;
  readonly session: Session;
  readonly loadMs: number;
  readonly firstRunMs: number;
  readonly rounds: (readonly number[])[];
  elapsedMs: number;
  run(): ReturnType<Session['run']>;
}

// Long enough that a model runs with caches and threads of its own, short enough that all models see the same disturbances.
const SLICE_MS = 20;
// Progress is told between runs, never more often than this, so that telling it does not disturb the measurement.
const progressEveryMs = 250;
// Of a coarse clock: one step more or less is then 2 % of a time, and evens out over a round.
const stepsOfATime = 50;

/**
 * Times models: each is loaded and warmed up, then every round gives each model a slice, starting with a different one each round, until
 * there are `minRounds` rounds and `minSeconds` of each model. The first run of a slice is not counted: it finds the caches and threads of
 * another model. Throws `bench.no-models`, `interrupted`, and what loading and running throw; sessions are always closed.
 */
export async function* timeRounds(
  models: readonly TimedModel[],
  clock: Clock,
  options: TimingOptions = {},
): AsyncGenerator<TimingEvent, void, undefined> {
  refuseNoModels(models);
  const { warmup = 3, minRounds = 10, minSeconds = 3, sliceMs = SLICE_MS, signal } = options;
  const runners: Runner[] = [];
  try {
    for (const model of models) {
      refuseWhenAborted(signal);
      const runner = await startRunner(model, clock);
      runners.push(runner);
      yield { type: 'loaded', name: runner.name, loadMs: runner.loadMs, firstRunMs: runner.firstRunMs };
    }
    for (let round = 0; round < warmup; round++) {
      for (const runner of runners) {
        refuseWhenAborted(signal);
        await timeOf(runner, clock, 0);
      }
    }

    let told = clock.now();
    let fraction = 0;
    for (let round = 0; fraction < 1; round++) {
      for (let turn = 0; turn < runners.length; turn++) {
        refuseWhenAborted(signal);
        await runSlice(runners[(round + turn) % runners.length]!, clock, sliceMs, runners.length > 1);
      }
      const seconds = Math.min(...runners.map((runner) => runner.elapsedMs)) / 1000;
      fraction = Math.min((round + 1) / minRounds, minSeconds > 0 ? seconds / minSeconds : 1, 1);
      if (clock.now() - told >= progressEveryMs) {
        told = clock.now();
        yield { type: 'progress', rounds: round + 1, fraction };
      }
    }
  } finally {
    await Promise.all(runners.map((runner) => runner.session.close()));
  }
  yield {
    type: 'timed',
    times: runners.map(({ name, loadMs, firstRunMs, rounds }) => ({ name, loadMs, firstRunMs, rounds })),
  };
}

/** Throws `bench.no-models` where there is nothing to measure. */
export function refuseNoModels(models: readonly unknown[]): void {
  if (models.length > 0) return;
  const message = 'There is no model to measure.';
  throw new EspalierError({ kind: 'usage', code: 'bench.no-models', message });
}

/** Throws `interrupted` when a measurement is to stop. */
export function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interruptedError(signal.reason);
}

/** The error of a measurement that was told to stop. */
export function interruptedError(cause: unknown): EspalierError {
  const message = 'The measurement was interrupted.';
  return new EspalierError({ kind: 'interrupted', code: 'interrupted', message, cause });
}

async function startRunner({ name, load, feeds }: TimedModel, clock: Clock): Promise<Runner> {
  const start = clock.now();
  const session = await load();
  const loadMs = clock.now() - start;
  try {
    const given = feeds(session.inputs);
    const run = () => session.run(given);
    const { elapsedMs: firstRunMs } = await timeOf({ session, run }, clock, 0);
    return { name, session, loadMs, firstRunMs, rounds: [], elapsedMs: 0, run };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Runs again and again for at least so long, at least once. What the last run returned is freed when the time is taken. */
async function timeOf(
  { session, run }: Pick<Runner, 'session' | 'run'>,
  clock: Clock,
  leastMs: number,
): Promise<{ readonly elapsedMs: number; readonly runs: number }> {
  const start = clock.now();
  let elapsedMs: number;
  let outputs: Awaited<ReturnType<Runner['run']>>;
  let runs = 0;
  do {
    outputs = await run();
    runs++;
    elapsedMs = clock.now() - start;
  } while (elapsedMs < leastMs);
  session.discard?.(outputs);
  return { elapsedMs, runs };
}

async function runSlice(runner: Runner, clock: Clock, sliceMs: number, settle: boolean): Promise<void> {
  if (settle) await timeOf(runner, clock, 0);
  const times: number[] = [];
  for (let spent = 0; spent < sliceMs; ) {
    const { elapsedMs, runs } = await timeOf(runner, clock, stepsOfATime * (clock.stepMs ?? 0));
    times.push(elapsedMs / runs);
    spent += elapsedMs;
    runner.elapsedMs += elapsedMs;
  }
  runner.rounds.push(times);
}
