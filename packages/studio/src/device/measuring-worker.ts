// The thread that measures: apart from the page, which stays alive meanwhile. Provider and threads are those of its first job, because the
// runtime is started once.
import {
  declaredFeeds,
  type Engine,
  EspalierError,
  GraphBuilder,
  type HostJob,
  type HostReport,
  type TimedModel,
  timeRounds,
} from '@espalier/core';
import { createWebEngine, type OrtWebModule } from '../engine/web-engine.ts';
import { findClockStep } from './clock-step.ts';

/** What the thread is sent, one at a time. */
export interface Work {
  readonly job: HostJob;
  readonly models: readonly Uint8Array[];
}

self.onmessage = async ({ data: { job, models } }: MessageEvent<Work>) => {
  const tell = (report: HostReport): void => self.postMessage(report);
  try {
    for await (const report of measure(job, models)) tell(report);
  } catch (error) {
    const { kind = 'engine', code = 'device.failed', hint } = error instanceof EspalierError ? error : {};
    const message = error instanceof Error ? error.message : String(error);
    tell({ type: 'failed', kind, code, message, ...(hint !== undefined && { hint }) });
  }
};

async function* measure(job: HostJob, models: readonly Uint8Array[]): AsyncGenerator<HostReport> {
  const { provider, threads = 1, seed, length } = job;
  started ??= startRuntime(provider, threads);
  const { engine, threadsTaken } = await started;
  const timed = job.models.map(
    ({ name, inputSize }, i): TimedModel => ({
      name,
      load: () => engine.load(models[i]!, { provider }),
      feeds: (inputs) => declaredFeeds(inputs, inputSize, seed),
    }),
  );
  const clock = { now: () => performance.now(), stepMs: findClockStep(() => performance.now()) };
  for await (const event of timeRounds(timed, clock, length)) {
    if (event.type !== 'timed') {
      yield event;
      continue;
    }
    const times = event.times.map((model) => ({
      ...model,
      rounds: model.rounds.map((slice) => slice.map(roundMs)),
    }));
    yield { type: 'timed', times, ...(provider === 'wasm' && { threads: threadsTaken }) };
  }
}

/** A runtime that has run. */
interface Started {
  readonly engine: Engine;
  /** As many as were asked for, or fewer where memory cannot be shared. */
  readonly threadsTaken: number;
}

let started: Promise<Started> | undefined;

async function startRuntime(provider: string, threads: number): Promise<Started> {
  const file = provider === 'webgpu' ? 'ort.webgpu.min.mjs' : 'ort.wasm.min.mjs';
  const runtime: OrtWebModule = await import(/* @vite-ignore */ `${self.location.origin}/ort/${file}`);
  const { env } = runtime;
  env.wasm.wasmPaths = `${self.location.origin}/ort/`;
  env.wasm.numThreads = threads;
  env.logLevel = 'fatal';
  const engine = createWebEngine(runtime);
  // The first session starts the runtime itself, which is no part of how long a model takes to load.
  const g = new GraphBuilder();
  g.output(g.node('Relu', [g.input('x', [1])]), [1]);
  const session = await engine.load(g.model(), { provider });
  await session.close();
  return { engine, threadsTaken: env.wasm.numThreads ?? 1 };
}

/** To a tenth of a microsecond: finer than any clock here, and half as long on the way. */
function roundMs(ms: number): number {
  return Math.round(ms * 1e4) / 1e4;
}
